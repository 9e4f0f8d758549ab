// The definitions of the boards, checked before an image is made of one: a chip takes what it was flashed with.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Definition } from "../../src/thing/definition.js";
import { checkDefinition } from "./definition.js";

/** Throws, in one sentence, what is wrong with one of them. `boards` is the folder hosts/esp32/boards. */
export async function checkBoards(boards: string): Promise<void> {
	for (const name of readdirSync(boards)) {
		const file = join(boards, name, "board.ts");
		if (!existsSync(file)) continue;
		try {
			checkDefinition(await definitionOf(file));
		} catch (error) {
			throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
		}
	}
}

/** A board imports modules of the SDK that Node has not; what is data needs none of them. */
async function definitionOf(file: string): Promise<Definition> {
	const { build } = await import("esbuild");
	const { outputFiles } = await build({
		entryPoints: [file],
		bundle: true,
		format: "esm",
		platform: "node",
		write: false,
		logLevel: "silent",
		plugins: [
			{
				name: "sdk",
				setup(pipeline) {
					pipeline.onResolve({ filter: /^[^./]/ }, ({ path }) => ({ path, namespace: "sdk" }));
					pipeline.onLoad({ filter: /./, namespace: "sdk" }, () => ({ contents: "module.exports = {};", loader: "js" }));
				}
			}
		]
	});
	const module = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? []).toString("base64")}`);
	return module.definition as Definition;
}
