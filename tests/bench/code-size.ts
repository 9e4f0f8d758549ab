// Bytes of byte code per module, as XS's own compiler makes it: code-size.c with the parser of XS, compiled for the purpose.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Engine } from "../../hosts/simulator/build.js";
import { root } from "../../hosts/simulator/root.js";

const run = promisify(execFile);
const sources = ["BigInt", "Code", "Common", "Lexical", "Scope", "Script", "SourceMap", "Syntaxical", "Tree", "dtoa", "re"];

/** Of each of the files of JavaScript, in their order. `folder` is for the program. */
export async function codeSizes(engine: Engine, files: readonly string[], folder: string): Promise<number[]> {
	const xs = process.env.XS || join(root, "node_modules/@agoric/xsnap/moddable/xs");
	const program = join(folder, "code-size");
	await run(process.env.CC || "gcc", [
		...(engine.bits === 32 ? ["-m32"] : []),
		"-w",
		"-DINCLUDE_XSPLATFORM",
		'-DXSPLATFORM="platform.h"',
		"-DmxFallThrough=(void)0",
		"-D__has_builtin(x)=1",
		"-DmxParse=1",
		`-I${join(root, "hosts/simulator/engine")}`,
		...["includes", "platforms", "sources"].map((name) => `-I${join(xs, name)}`),
		join(root, "tests/bench/code-size.c"),
		...sources.map((name) => join(xs, "sources", `xs${name}.c`)),
		"-lm",
		"-o",
		program
	]);
	const { stdout } = await run(program, files);
	return stdout
		.trim()
		.split("\n")
		.map((line) => Number.parseInt(line, 10));
}
