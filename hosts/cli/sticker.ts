// `extasis sticker`: the QR of a sticker, and its text.
import { existsSync, writeFileSync } from "node:fs";
import { writeSticker } from "../../src/iot/sticker.js";
import { tagsOf } from "../../src/thing/factory.js";
import { isJID } from "../../src/xmpp/jid.js";
import { checkDefinition } from "../factory/definition.js";
import { checkTags, parseSticker, type Sticker } from "../factory/sticker.js";
import { readTextFile } from "./arguments.js";
import { coloursFor } from "./colours.js";
import { fileProblem, Misuse, messageOf } from "./errors.js";
import type { AddCommand } from "./program.js";
import { pngQR, svgQR, terminalQR } from "./qr.js";

interface StickerOptions {
	readonly node?: string;
	readonly svg?: string;
	readonly png?: string;
}

const factoryHelp = `
FACTORY.json is what the factory gave one thing:
  { "manufacturer": "example.org", "model": "WeatherStation", "version": 1,
    "class": "Weather", "name": "…", "serial": "…", "key": "…", "registry": "registry.example.org" }
class and name as in the thing's definition (none where it has none); registry may be left out.
Where the thing has nodes: "nodes": [{ "id": "…", "key": "…" }, …], each with model, class and name as in the definition.`;

export const addSticker: AddCommand = (program, run) => {
	program
		.command("sticker")
		.description("the QR code of a sticker")
		.argument("<sticker>", "the sticker's text, iotdisco:…, or FACTORY.json")
		.option("--node <id>", "of FACTORY.json, only the sticker of this node")
		.option("--svg <file>", "write it as SVG instead of showing it")
		.option("--png <file>", "write it as PNG instead of showing it")
		.addHelpText("after", factoryHelp)
		.action((what: string, options: StickerOptions) => run(() => showSticker(what, options)));
};

async function showSticker(what: string, options: StickerOptions): Promise<number> {
	const isText = /^iotdisco[:;]/i.test(what);
	if (isText && options.node !== undefined) throw new Misuse("--node chooses among the stickers of FACTORY.json.");
	const uris = isText ? [what] : readFactory(what, options.node);
	const isFile = options.svg !== undefined || options.png !== undefined;
	if (isFile && uris.length > 1) throw new Misuse("There is more than one sticker: choose that of a node by --node, or leave nodes out.");
	for (const uri of uris) {
		const sticker = parseSticker(uri);
		if (sticker === undefined)
			throw new Misuse(
				"That is no sticker: its text begins with iotdisco: and has NAME=VALUE tags between semicolons (in a shell, put it in quotes)."
			);
		if (options.svg !== undefined) save(options.svg, await svgQR(uri));
		if (options.png !== undefined) save(options.png, await pngQR(uri));
		if (!isFile) process.stdout.write(`${terminalQR(uri, coloursFor(process.stdout).on)}\n\n`);
		process.stdout.write(`${writeTags(sticker)}\n${uri}\n`);
	}
	return 0;
}

function save(path: string, content: string | Buffer): void {
	try {
		// Whoever has the KEY can claim the thing.
		writeFileSync(path, content, { mode: 0o600 });
	} catch (error) {
		throw new Misuse(fileProblem(path, error));
	}
}

/** What a person reads beside the QR; the KEY is in the QR and in the URI. */
export function writeTags({ tags, registry }: Sticker): string {
	const rows = tags.filter(({ name }) => name.toUpperCase() !== "KEY").map(({ name, value }) => [name, String(value)]);
	if (registry !== undefined) rows.push(["R", registry]);
	const width = Math.max(...rows.map(([name = ""]) => name.length));
	return rows.map(([name = "", value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

/** The sticker of the thing and those of its nodes, or of this node alone. */
function readFactory(path: string, wanted: string | undefined): readonly string[] {
	if (!existsSync(path)) throw new Misuse(`${path} is neither a sticker (iotdisco:…) nor a file.`);
	let data: { [name: string]: unknown };
	try {
		data = JSON.parse(readTextFile(path));
	} catch (error) {
		if (error instanceof Misuse) throw error;
		throw new Misuse(`${path} is no JSON: ${messageOf(error)}`);
	}
	if (typeof data !== "object" || data === null) throw new Misuse(`${path} must hold an object.`);
	const { manufacturer, model, version, serial, key, registry, nodes: list, ...others } = data;
	const known = { class: others.class, name: others.name };
	const unknown = Object.keys(others).find((name) => !(name in known));
	if (unknown !== undefined) throw new Misuse(`${path}: "${unknown}" is nothing that a factory gives; see extasis sticker --help.`);
	if (typeof serial !== "string" || typeof key !== "string") throw new Misuse(`${path}: serial and key must be texts.`);
	if (registry !== undefined && (typeof registry !== "string" || !isJID(registry)))
		throw new Misuse(`${path}: registry must be an address.`);
	const fields = { any: { type: "boolean", category: "status" } };
	// What is a KEY here is how KEYs are made there.
	const nodes = Array.isArray(list) ? list.map((node: object) => ({ ...node, key: undefined, fields })) : list;
	const keys = Array.isArray(list) ? list.map((node?: { key?: unknown }) => node?.key) : [];
	const definition = { manufacturer, model, version, ...known, nodes, fields } as Parameters<typeof checkDefinition>[0];
	try {
		checkDefinition(definition);
		const unclear = definition.nodes?.find((_node, at) => typeof keys[at] !== "string");
		if (unclear !== undefined) throw new Error(`the key of node ${unclear.id} must be a text`);
		const stickers = [undefined, ...(definition.nodes ?? [])].map((node, at) => ({
			node: node?.id,
			tags: tagsOf(definition, { serial, key: at === 0 ? key : String(keys[at - 1]) }, node)
		}));
		const chosen = wanted === undefined ? stickers : stickers.filter(({ node }) => node === wanted);
		if (chosen.length === 0) throw new Error(`there is no node ${wanted}`);
		return chosen.map(({ tags }) => {
			const fault = checkTags(tags);
			if (fault !== undefined) throw new Error(fault);
			return writeSticker(tags, registry);
		});
	} catch (error) {
		throw new Misuse(`${path}: ${messageOf(error)}`);
	}
}
