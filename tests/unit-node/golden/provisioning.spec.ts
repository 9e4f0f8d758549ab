// Provisioning by golden stanzas: what the thing's codecs and the box's words make of them, and whether they write the same.
import type { Kind, Range, Scope, ShownToken } from "../../../hosts/broker/decision-store.js";
import {
	parseHeard,
	writeCanResponse,
	writeClearCache,
	writeForOwner,
	writeIsFriendResponse,
	writeNews
} from "../../../hosts/broker/provisioning-words.js";
import { type Dialect, dialects } from "../../../src/iot/dialect.js";
import { parseIsFriend, parsePermission, type Wish, writeIsFriend, writeWish } from "../../../src/iot/provisioning.js";
import { Provisioning } from "../../../src/thing/provisioning.js";
import { Tokens } from "../../../src/thing/tokens.js";
import { Vault } from "../../../src/thing/vault.js";
import { IQBench } from "../../support/iq-bench.js";
import { FakeStorage } from "../../support/storage.js";
import { stanza } from "../../support/wire.js";
import { asHeard, canonical, type Golden, goldens, payloadsOf, written } from "./golden.js";

interface Means {
	readonly jid: string;
	readonly result?: boolean;
	readonly categories?: "all" | readonly string[];
	readonly nodes?: readonly string[];
	readonly names?: readonly string[];
	readonly tokens?: readonly (string | null)[];
	readonly asked?: Omit<Means, "jid">;
	readonly allowed?: Omit<Means, "jid"> | null;
	/** Between the service and an owner. */
	readonly kind?: Kind;
	readonly who?: string;
	readonly key?: string;
	readonly range?: Range;
	readonly token?: string;
}

const SERVICE = "registry.a.example";
const CATEGORIES = [
	...["momentary", "peak", "status", "computed", "identity", "historicalSecond", "historicalMinute", "historicalHour"],
	...["historicalDay", "historicalWeek", "historicalMonth", "historicalQuarter", "historicalYear", "historicalOther"]
];
const ALL = 2 ** CATEGORIES.length - 1;

const bits = (names: Means["categories"]): number =>
	names === "all" ? ALL : (names ?? []).reduce((set, name) => set | (1 << CATEGORIES.indexOf(name)), 0);

/** Of device, service and user; several of one kind are separated by blanks. */
const shownOf = (tokens: Means["tokens"] = []): ShownToken[] =>
	(["Device", "Service", "User"] as const).flatMap((kind, at) => (tokens[at]?.split(" ") ?? []).map((token) => ({ kind, token })));

/** 0 categories: it is about parameters. */
const wishOf = ({ jid, categories, nodes = [], names = [], tokens = [] }: Means): Wish => ({
	...{ jid, categories: bits(categories), nodes: nodes.map((id) => ({ id })), fields: names },
	tokens: tokens.map((token) => token ?? undefined)
});

/** A thing's side of everything but codecs: it trusts the service. */
function provisioning(dialect: Dialect) {
	const bench = new IQBench();
	const told: string[] = [];
	const vault = new Vault(new FakeStorage(), () => {});
	vault.write("provisioning", { jid: SERVICE, dialect: dialect.name, domain: "a.example" });
	const { router, scheduler } = bench;
	const service = new Provisioning({
		...{ router, scheduler, vault, domain: "a.example", given: undefined, onService: () => {} },
		onClear: () => told.push("clear"),
		onFriend: (jid) => told.push(`friend ${jid}`),
		onUnfriend: (jid) => told.push(`unfriend ${jid}`),
		onDenied: (from) => told.push(`denied ${from}`)
	});
	return { bench, service, told };
}

type Judge = (golden: Golden<Means>, dialect: Dialect) => void;

const writes: Readonly<Record<string, (means: Means, dialect: Dialect) => string>> = {
	isFriend: ({ jid }, dialect) => written((writer) => writeIsFriend(writer, dialect, jid)),
	canRead: (means, dialect) => written((writer) => writeWish(writer, dialect, wishOf(means))),
	canControl: (means, dialect) => written((writer) => writeWish(writer, dialect, wishOf(means))),
	isFriendResponse: ({ jid, result }, { provisioning }) => canonical(writeIsFriendResponse(provisioning, jid, result!)),
	canReadResponse: ({ jid, allowed }, { provisioning }) => canonical(writeCanResponse(provisioning, "read", jid, scopeOf(allowed))),
	canControlResponse: ({ jid, allowed }, { provisioning }) => canonical(writeCanResponse(provisioning, "control", jid, scopeOf(allowed))),
	question: ({ jid, kind, who, key, categories, nodes: [node = ""] = [], names = [], tokens }, dialect) => {
		const question = { jid, kind: kind!, who: who!, key: key!, categories: bits(categories) || 1, fields: names, tokens: shownOf(tokens) };
		const asked = writeForOwner({ ...question, node: [node, "", ""], owner: "o@b.example", number: 1, at: 0 });
		return canonical(asked[dialects.indexOf(dialect)]!);
	},
	clearCache: (_means, { provisioning }) => canonical(writeClearCache(provisioning)),
	friend: ({ jid }, { provisioning }) => canonical(writeNews(provisioning, { what: "friend", jid, owner: "o@b.example" })),
	unfriend: ({ jid }, { provisioning }) => canonical(writeNews(provisioning, { what: "unfriend", jid, owner: "o@b.example" }))
};

/** The bit of control is one that has no category. */
function scopeOf(allowed: Means["allowed"]): (Scope & { nodes: [string, string, string][] }) | undefined {
	if (!allowed) return;
	const { categories, nodes = [], names = [] } = allowed;
	return { fields: names, categories: categories ? bits(categories) : 1, nodes: nodes.map((id) => [id, "", ""]) };
}

/** The answer to a wish, as the thing understands it. */
const permission: Judge = ({ means: { jid, asked, allowed }, payload }, dialect) => {
	const heard = parsePermission(asHeard(payload), dialect, wishOf({ jid, ...asked }), { id: "thing" });
	expect(heard && { ...heard, narrowed: heard.narrowed === true }).toEqual(
		allowed ? { categories: bits(allowed.categories), fields: allowed.names, narrowed: allowed.nodes !== undefined } : undefined
	);
};

/** A question, as the box understands it. */
const question: Judge = ({ means: { jid, categories, nodes = [], names = [], tokens }, name, payload }) => {
	const kind = name === "canRead" ? "read" : "control";
	const scope = { fields: names, categories: kind === "read" ? bits(categories) : 1 };
	const node = nodes.map((id) => [id, "", ""]);
	expect(parseHeard("get", payload)).toEqual({ what: "can", kind, jid, nodes: node, scope, shown: shownOf(tokens) });
};

const news: Judge = ({ means: { jid }, name, payload }, dialect) => {
	const { service, told } = provisioning(dialect);
	for (const from of [SERVICE, "other.a.example"]) service.receive(stanza(`<message from='${from}'>${payload}</message>`));
	expect(told).toEqual([`${name} ${jid}`]);
};

const hears: Readonly<Record<string, Judge>> = {
	isFriend: ({ means: { jid }, payload }) => expect(parseHeard("get", payload)).toEqual({ what: "isFriend", jid }),
	canRead: question,
	canControl: question,
	isFriendResponse: ({ means, payload }, dialect) => expect(parseIsFriend(asHeard(payload), dialect)).toBe(means.result),
	canReadResponse: permission,
	canControlResponse: permission,
	clearCache: ({ answer, payload }, dialect) => {
		const { bench, told } = provisioning(dialect);
		const sent = bench.ask("set", `${payload}`, SERVICE);
		expect(sent[0]).toMatch(/^<iq to='registry\.a\.example' type='result' /);
		expect(payloadsOf(sent)).toEqual(answer.map(canonical));
		expect(told).toEqual(["clear"]);
		expect(bench.ask("set", `${payload}`, "other.a.example")[0]).toContain("<error type='cancel'><forbidden ");
		expect(told).toEqual(["clear", "denied other.a.example"]);
	},
	friend: news,
	unfriend: news,
	tokenChallenge: ({ answer: [answer], means: { jid, tokens }, payload }, dialect) => {
		const bench = new IQBench();
		const shown = new Tokens(bench.router, bench.time.clock);
		const applicant = { from: `${jid}/x`, dialect, tokens: tokens as string[], asked: undefined, weight: 0, decide: () => {} };
		shown.show(applicant, SERVICE);
		const asked = bench.ask("get", `${payload}`, SERVICE, "challenge");
		expect(asked[0]).toMatch(/^<iq to='c@b\.example\/x' type='get' /);
		expect(payloadsOf(asked)).toEqual([canonical(payload)]);
		bench.wire.sent.push(...asked);
		bench.answer(`${answer}`);
		const handed = bench.wire.take();
		expect(handed[0]).toMatch(/^<iq to='registry\.a\.example' type='result' id='challenge'>/);
		expect(payloadsOf(handed)).toEqual([canonical(answer!)]);
	},
	rule: ({ means: { jid, kind, who, key, result, range, token, categories, names = [] }, payload }) =>
		expect(parseHeard("set", payload)).toEqual({
			...{ what: "rule", kind, thing: jid, who, key, allowed: result, range, token, fields: names, categories: bits(categories) }
		})
};

describe.each(dialects.map((dialect) => [dialect.name, dialect] as const))("golden stanzas of provisioning in %s", (name, dialect) => {
	const all = goldens<Means>(`provisioning-${name}`).map((golden) => [golden.title, golden] as const);

	test.each(all.filter(([, { says }]) => says === "thing" || says === "service"))("%s is written just so", (_title, golden) => {
		expect(writes[golden.name]!(golden.means, dialect)).toBe(canonical(golden.payload));
	});

	// Of an owner's programs none is here that would be asked so.
	test.each(all.filter(([, { name }]) => name !== "question"))("%s is understood", (_title, golden) => {
		hears[golden.name]!(golden, dialect);
	});
});
