// Prosody 13 with its SASL2 modules beside the system's Prosody, where it can be had; else why not, as the name of a test that did not run.
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(root, "build/peers/prosody-13");

export const SASL2_MODULES = Object.freeze(["sasl2", "sasl2_bind2", "sasl2_sm", "sasl2_fast"]);

/** The program; undefined when it cannot be had: then the one test that is declared says so, and counts as skipped. */
export async function prosody13(): Promise<string | undefined> {
	try {
		await promisify(execFile)("sh", [join(root, "tests/unpack-prosody.sh"), folder]);
		await access(join(folder, "prosody"), constants.X_OK);
		return join(folder, "prosody");
	} catch (error) {
		const reason = (error as { stderr?: string }).stderr?.trim() || String(error);
		process.stderr.write(`${reason}\n`);
		test.skip(`SASL2 on a real server, which is missing: ${reason}`, () => {});
		return undefined;
	}
}
