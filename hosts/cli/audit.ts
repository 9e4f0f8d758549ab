// `extasis owner audit`: what was claimed, given up and decided at a box, the latest first; its operator sees all of it, everybody else what he did himself.
import { type Element, xml } from "@xmpp/client";
import { Failure, printable } from "./errors.js";
import { asPerson, type PersonOptions } from "./login.js";
import { findRegistry } from "./registry.js";

const namespace = "urn:extasis:audit:0";
/** Entries of one answer. */
const page = 50;

export interface AuditOptions extends PersonOptions {
	readonly most: number;
	readonly json?: boolean;
}

/** Prints a line for each entry. */
export async function audit({ most, json, ...options }: AuditOptions): Promise<number> {
	return await asPerson(options, async (consumer) => {
		const { jid } = await findRegistry(consumer, undefined);
		let before: string | undefined;
		for (let left = most; left > 0; ) {
			const query = xml("audit", { xmlns: namespace, most: String(Math.min(page, left)), before });
			const { payload, refusal } = await consumer.ask("get", jid, query);
			if (refusal !== undefined) throw new Failure(`${jid} tells nothing of what was done: ${refusal.text || refusal.condition}.`);
			const entries = payload?.getChildren("entry") ?? [];
			for (const entry of entries) process.stdout.write(`${json ? JSON.stringify(objectOf(entry)) : describe(entry)}\n`);
			left -= entries.length;
			before = entries.at(-1)?.attrs.number;
			if (before === undefined || payload?.attrs.more !== "true") break;
		}
		return 0;
	});
}

function objectOf(entry: Element): object {
	const { at, event, thing, node, by } = entry.attrs;
	return { at, event, thing, node, by, detail: detailOf(entry) };
}

/** Of a decision it is an object. */
function detailOf(entry: Element): unknown {
	const text = entry.getText();
	if (text === "") return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

function describe(entry: Element): string {
	const { at = "", event = "", thing = "", node, by } = entry.attrs;
	const text = entry.getText();
	return printable(
		`${at}  ${event} ${node === undefined ? "" : `${node} of `}${thing}${by === undefined ? "" : ` by ${by}`}${text === "" ? "" : `: ${text}`}`
	);
}
