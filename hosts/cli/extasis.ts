#!/usr/bin/env node
// The `extasis` command.
import { run } from "./program.js";

// Who reads the output may go (extasis read … | head); a command that lives on notices by itself.
process.stdout.on("error", () => {
	if (process.stdout.listenerCount("error") === 1) process.exit(0);
});
process.stderr.on("error", () => {});

process.exit(await run(process.argv.slice(2)));
