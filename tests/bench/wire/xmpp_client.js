// Logs in with @xmpp/client, says "online" and keeps still, until its input ends.
import { client } from "@xmpp/client";

const entity = client({ ...JSON.parse(process.argv[2]), timeout: 20_000 });
entity.reconnect.stop();
entity.on("error", (error) => {
	process.stderr.write(`${error}\n`);
	process.exit(1);
});
process.stdin.on("end", () => process.exit()).resume();
await entity.start();
process.stdout.write("online\n");
