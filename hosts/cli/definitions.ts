// The definition of a thing: one of the examples by name, or a person's own file.
import { existsSync, readdirSync } from "node:fs";
import { extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Definition } from "../../src/thing/definition.js";
import { checkDefinition } from "../factory/definition.js";
import { Misuse, messageOf } from "./errors.js";

const examples = fileURLToPath(new URL("../../src/things/", import.meta.url));

/** "weather-station", …: the files of src/things. */
export function exampleNames(): string[] {
	const names = readdirSync(examples).filter((name) => /^[a-z0-9-]+\.(js|ts)$/.test(name));
	return names.map((name) => name.slice(0, -3)).sort();
}

export async function loadDefinition(named: string): Promise<Definition> {
	const found = find(await load(named));
	if (found === undefined)
		throw new Misuse(`${named} exports no definition: an object with manufacturer, model, version and fields is wanted.`);
	try {
		checkDefinition(found);
	} catch (error) {
		throw new Misuse(`${named}: ${messageOf(error)}`);
	}
	return found;
}

async function load(named: string): Promise<object> {
	const names = exampleNames();
	if (names.includes(named)) return (await import(`../../src/things/${named}.js`)) as object;
	const path = resolve(named);
	if (!existsSync(path)) throw new Misuse(`${named} is neither a file nor one of the examples (${names.join(", ")}).`);
	try {
		switch (extname(path)) {
			case ".js":
			case ".mjs":
				return (await import(pathToFileURL(path).href)) as object;
			case ".ts":
				return (await import(await bundle(path))) as object;
		}
	} catch (error) {
		if (error instanceof Misuse) throw error;
		throw new Misuse(`${named} cannot be loaded: ${messageOf(error)}`);
	}
	throw new Misuse(`${named}: a definition is a .ts, .js or .mjs file.`);
}

/** TypeScript and what it imports, as a module that Node takes. */
async function bundle(path: string): Promise<string> {
	const { build } = await import("esbuild").catch(() => {
		throw new Misuse("A definition in TypeScript needs the package esbuild (npm ci installs it); without it give a .js file.");
	});
	const { outputFiles } = await build({
		entryPoints: [path],
		bundle: true,
		format: "esm",
		platform: "node",
		write: false,
		logLevel: "silent"
	});
	return `data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? []).toString("base64")}`;
}

function find(module: object): Definition | undefined {
	const { default: preferred, ...others } = module as { default?: unknown };
	for (const value of [preferred, ...Object.values(others)]) {
		if (typeof value === "object" && value !== null && "fields" in value) return value as Definition;
	}
	return undefined;
}
