// src/manifest.json names every module of src/ and preloads each: mcconfig's wildcards skip TypeScript, and what is not preloaded costs RAM.
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "@jest/globals";

const root = new URL("../../", import.meta.url).pathname;

interface Manifest {
	readonly modules: Readonly<Record<string, readonly string[]>>;
	readonly preload: readonly string[];
}

/** Every module of a folder by its specifier: "extasis/" and its path. */
function modulesIn(folder: string): string[] {
	return (readdirSync(root + folder, { recursive: true }) as string[])
		.map((name) => name.replaceAll("\\", "/"))
		.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
		.map((name) => `extasis/${folder}/${name.slice(0, -3)}`)
		.sort();
}

describe("src/manifest.json", () => {
	const manifest = JSON.parse(readFileSync(`${root}src/manifest.json`, "utf8")) as Manifest;
	const files = modulesIn("src");

	test("preloads exactly the modules of src/", () => {
		expect(files.length).toBeGreaterThan(60);
		expect(manifest.preload).toEqual(files);
	});

	test("has each under its own path", () => {
		const named: string[] = [];
		for (const [pattern, sources] of Object.entries(manifest.modules)) {
			expect(pattern).toMatch(/^extasis\/src\/.*\*$/);
			for (const source of sources) {
				const specifier = `extasis/${posix.join("src", source)}`;
				// mcconfig puts the file's own name where the star is.
				expect(pattern.slice(0, -1) + posix.basename(source)).toBe(specifier);
				named.push(specifier);
			}
		}
		expect(named.sort()).toEqual(files);
	});
});
