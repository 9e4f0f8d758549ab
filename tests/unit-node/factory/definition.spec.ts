// A maker's mistakes, each with its sentence.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "@jest/globals";
import { checkBoards } from "../../../hosts/factory/boards.js";
import { checkDefinition } from "../../../hosts/factory/definition.js";
import { type Definition, defineThing } from "../../../src/thing/definition.js";
import { weatherStation } from "../../../src/things/weather-station.js";

const good = (): Definition => ({
	manufacturer: "example.org",
	model: "M",
	version: 1,
	fields: { T: { type: "numeric", category: "momentary", unit: "K", decimals: 1, range: [0, 9] } }
});

const folder = mkdtempSync(join(tmpdir(), "extasis-boards-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("no image is made of a board whose definition is wrong", async () => {
	await checkBoards(fileURLToPath(new URL("../../../hosts/esp32/boards", import.meta.url)));
	mkdirSync(join(folder, "mine"));
	const board = (unit: string): string => `
		import I2C from "embedded:io/i2c";
		const io = I2C;
		export const definition = ${JSON.stringify(good()).replace('"K"', unit)};
		export const createBoard = () => new I2C({ io });
	`;
	writeFileSync(join(folder, "mine/board.ts"), board('"°C"'));
	await checkBoards(folder);
	writeFileSync(join(folder, "mine/board.ts"), board("1"));
	await expect(checkBoards(folder)).rejects.toThrow(/mine\/board\.ts: Field T: unit must be text/);
});

test("the example passes and cannot be changed", () => {
	checkDefinition(weatherStation);
	expect(Object.isFrozen(weatherStation)).toBe(true);
	expect(Object.isFrozen(weatherStation.fields.Temperature?.range)).toBe(true);
	expect(defineThing(good())).toEqual(good());
	checkDefinition({ ...good(), parameters: { T: { type: "double", range: [0, 9] }, P: { type: "color" } }, decisionHours: 24 });
});

test.each([
	["no manufacturer", { manufacturer: undefined }, "manufacturer must be text"],
	["a model that XML cannot carry", { model: "a\u0000b" }, "model must be text"],
	["a version as text", { version: "1" }, "version must be a number"],
	["a binding that is no yes", { tlsUnique: "yes" }, "tlsUnique must be true or false"],
	["no fields", { fields: {} }, "at least one field"],
	["an unknown type", { fields: { T: { type: "float", category: "momentary" } } }, "Field T: type must be one of"],
	["an unknown category", { fields: { T: { type: "int", category: "now" } } }, "Field T: category must be one of"],
	["no category", { fields: { T: { type: "int" } } }, "Field T: category must be one of"],
	["a unit of text", { fields: { T: { type: "string", category: "status", unit: "K" } } }, "only numeric fields have a unit"],
	["half a decimal", { fields: { T: { type: "numeric", category: "status", decimals: 0.5 } } }, "decimals must be"],
	["a range upside down", { fields: { T: { type: "numeric", category: "status", range: [2, 1] } } }, "range must be"],
	["a constant of another type", { fields: { T: { type: "numeric", category: "status", value: "1" } } }, "value must be a number"],
	["an enum of nothing", { fields: { T: { type: "enum", category: "status" } } }, "an enum needs dataType"],
	["a parameter of another type than its field", { parameters: { T: { type: "boolean" } } }, "must have the same type"],
	["a parameter of no type", { parameters: { P: { type: "duration" } } }, "Parameter P: type must be one of"],
	["a range of a text", { parameters: { P: { type: "string", range: [0, 1] } } }, "only numbers have a range"],
	["a parameter's range upside down", { parameters: { P: { type: "int", range: [2, 1] } } }, "range must be"],
	["decisions that never hold", { decisionHours: 0 }, "decisionHours must be"],
	["a chat in words", { chat: "yes" }, "chat must be"],
	["old peers in words", { legacyPeers: "slixmpp" }, "legacyPeers must be"]
])("refused: %s", (_what, wrong, sentence) => {
	expect(() => checkDefinition({ ...good(), ...(wrong as Partial<Definition>) })).toThrow(sentence);
});

const fields: Definition["fields"] = { T: { type: "int", category: "status" } };
const node = { id: "a", fields };

test("R-347-20 nodes with all that they may say, and none, pass", () => {
	const parameters = { T: { type: "int" } } as const;
	checkDefinition({ ...good(), nodes: [] });
	checkDefinition({
		...good(),
		nodes: [{ ...node, source: "s", partition: "p", model: "N", name: "A", class: "C", key: "fresh", parameters }]
	});
});

test.each([
	["no list", { a: node }, "nodes must be a list"],
	["one that is no object", ["a"], "A node is an object"],
	["one without id", [{ fields }], "A node's id must be text"],
	["one with too long an id", [{ ...node, id: "x".repeat(65) }], "A node's id must be text"],
	["two with one id, whatever their sources", [node, { ...node, source: "s" }], "There is more than one node a"],
	["one that is called as the thing is", [{ ...node, id: "thing" }], "thing is the thing itself"],
	["a source that is empty", [{ ...node, source: "" }], "Node a: source must be text"],
	["a name that is a number", [{ ...node, name: 1 }], "Node a: name must be text"],
	["a KEY of its own making", [{ ...node, key: "mine" }], "Node a: key must be"],
	["one without fields", [{ ...node, fields: {} }], "Node a: A thing needs at least one field"],
	["a field that is wrong", [{ ...node, fields: { T: { type: "float" } } }], "Node a: Field T: type must be"],
	["nine of them", Array.from({ length: 9 }, (_, at) => ({ ...node, id: `${at}` })), "at most 8 nodes; this one has 9"],
	[
		"too many fields, all together",
		[1, 2].map((id) => ({ id: `${id}`, fields: Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`F${at}`, fields.T])) })),
		"at most 32 fields, those of its nodes among them; this one has 33"
	]
])("R-347-20 nodes refused: %s", (_what, nodes, sentence) => {
	expect(() => checkDefinition({ ...good(), nodes: nodes as unknown as Definition["nodes"] })).toThrow(sentence);
});

test("33 fields are one too many", () => {
	const fields: Record<string, { type: "int"; category: "status" }> = {};
	for (let i = 0; i < 33; i++) fields[`F${i}`] = { type: "int", category: "status" };
	expect(() => checkDefinition({ ...good(), fields })).toThrow("at most 32 fields");
});
