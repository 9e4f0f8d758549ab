// `extasis owner search`: what a Thing Registry shows to everybody (XEP-0347 3.12), page by page; tests as in a search URI (3.6).
import { type Element, xml } from "@xmpp/client";
import { Failure, Misuse, printable } from "./errors.js";
import { asPerson, type PersonOptions } from "./login.js";
import { findRegistry } from "./registry.js";

const operators: Readonly<Record<string, string>> = Object.freeze({
	"=": "Eq",
	"<>": "NEq",
	"<": "Lt",
	">": "Gt",
	"<=": "LtEq",
	">=": "GtEq"
});
/** Things of one page, and all that are shown. */
const page = 50;
const most = 1000;

/** One word such as `MAN=example.org`. Throws Misuse. */
export function parseTest(text: string): Element {
	const [, hash, name, operator = "", value = ""] = /^(#?)([^=#<>~\s:]+)(=|<>|<=|>=|<|>|~)(.*)$/su.exec(text) ?? [];
	if (name === undefined || value === "") {
		throw new Misuse(`"${printable(text)}" is no test: say NAME=value, or #NAME>=number, or NAME~*part* with any sign for the star.`);
	}
	if (name.toUpperCase() === "KEY") throw new Misuse("Nobody finds a thing by its KEY: claim it with its sticker.");
	if (operator === "~") {
		const [wildcard = "", ...mask] = value;
		if (hash !== "" || mask.length === 0)
			throw new Misuse(`"${printable(text)}" is no mask: after the ~ comes the sign for anything, then a text with it.`);
		return xml("strMask", { name, value: mask.join(""), wildcard });
	}
	const [, from, low = "", high = "", to] = /^([[(])(.+)\.\.(.+)([\])])$/su.exec(value) ?? [];
	const isRange = from !== undefined && (operator === "=" || operator === "<>");
	for (const each of hash === "" ? [] : isRange ? [low, high] : [value]) {
		if (!/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(each)) throw new Misuse(`"${printable(each)}" is not a number.`);
	}
	const type = hash === "" ? "str" : "num";
	if (isRange) {
		const ends = { min: low, max: high, minIncluded: String(from === "["), maxIncluded: String(to === "]") };
		return xml(`${type}${operator === "=" ? "Range" : "NRange"}`, { name, ...ends });
	}
	return xml(`${type}${operators[operator]}`, { name, value });
}

/** Prints a line for each thing; none is a Failure. */
export async function search(tests: readonly string[], options: PersonOptions): Promise<number> {
	const parsed = tests.map(parseTest);
	return await asPerson(options, async (consumer) => {
		const { jid, namespace } = await findRegistry(consumer, undefined);
		for (let offset = 0; ; ) {
			const query = xml("search", { xmlns: namespace, offset: String(offset), maxCount: String(page) }, ...parsed.map(copyOf));
			const { payload, refusal } = await consumer.ask("get", jid, query);
			if (refusal !== undefined)
				throw new Failure(`${jid} does not search: ${refusal.text === "" ? `${refusal.condition}.` : refusal.text}`);
			const things = payload?.getChildren("thing") ?? [];
			for (const thing of things) process.stdout.write(`${describeThing(thing)}\n`);
			offset += things.length;
			if (offset === 0) throw new Failure("Nothing that everybody may find is like that.");
			if (things.length === 0 || !/^(true|1)$/.test(payload?.attrs.more ?? "")) return 0;
			if (offset >= most) throw new Failure(`There are more than ${most}: ask for less.`);
		}
	});
}

/** An element has one parent. */
function copyOf({ name, attrs }: Element): Element {
	return xml(name, { ...attrs });
}

function describeThing(thing: Element): string {
	const { jid = "", owner = "", nodeId, id } = thing.attrs;
	const tags = [...thing.getChildren("str"), ...thing.getChildren("num")].map(({ attrs }) => `${attrs.name}=${attrs.value}`);
	const node = nodeId ?? id;
	return printable([`${jid}${node === undefined ? "" : ` node ${node}`}`, owner === jid ? "its own" : `of ${owner}`, ...tags].join("  "));
}
