// Where the project lies, seen from wherever this file was compiled to.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = find();

function find(): string {
	for (let up = "./"; up.length < 32; up = up === "./" ? "../" : `${up}../`) {
		const folder = new URL(up, import.meta.url);
		try {
			if (JSON.parse(readFileSync(new URL("package.json", folder), "utf8")).name === "extasis") return fileURLToPath(folder);
		} catch {
			// Not here.
		}
	}
	throw new Error("The simulator does not find the project that it belongs to.");
}
