// make bench-wire: bytes and round trips of a thing's starts, of an hour in which nothing happens and of one readout, on a real broker; writes the part "wire" of docs/PERFORMANCE.md.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { startFlightCounter, type Tally } from "../support/flights.js";
import { hurry } from "../support/hurry.js";
import { jidLengths, type ReadoutDialect, readoutBars, readouts, withoutAcknowledgements } from "../support/ledger.js";
import { table, writePart } from "./page.js";
import { type Cost, Living, type LivingOptions, waitFor } from "./wire/living.js";
import { type Account, type Person, peerLogins, person } from "./wire/peers.js";

/** With it Prosody's full JIDs of thing and reader have the lengths that the bars are set for. */
const DOMAIN = "house.example";
const READER = "me";
/** The idle hour runs so many times as fast. */
const HASTE = 60;
const HOUR = 3_600_000;
const SETTLED = 3000;

type Start = Pick<LivingOptions, "domain" | "anchors" | "tls" | "serial" | "folder">;

/** One boot of a thing behind a wire of its own, to its end. */
async function live<T>(box: Box, start: Start, work: (thing: Living) => Promise<T>): Promise<T> {
	const wire = await startFlightCounter(box.ports[start.tls]);
	const thing = new Living({ ...start, wire });
	try {
		return await work(thing);
	} finally {
		await thing.stop();
		await wire.close();
	}
}

async function claim(thing: Living, sticker: string, owner: Person, registry: string): Promise<void> {
	const tags = sticker
		.replace("iotdisco:", "")
		.split(";")
		.map((tag) => tag.split("=").map(decodeURIComponent))
		.filter(([name]) => name !== "R")
		.map(([name = "", value]) => ({
			name: name.startsWith("#") ? "num" : "str",
			attrs: { name: name.replace("#", ""), value },
			children: []
		}));
	const mine = { name: "mine", attrs: { xmlns: "urn:xmpp:iot:discovery" }, children: tags };
	owner.send("iq", { type: "set", to: registry, id: "mine" }, mine);
	await thing.until("claimed");
	// A moment later it has the registry forget its KEY.
	await waitFor("the end of its KEY", () => thing.ledger.said.includes("name='KEY' value=''"));
}

interface Readout {
	readonly heard: number;
	readonly said: number;
	readonly acknowledgements: number;
	/** Why there was none. */
	readonly refusal: string;
}

async function read(thing: Living, reader: Person, dialect: ReadoutDialect): Promise<Readout> {
	const lengths = { reader: reader.jid.length, thing: thing.jid.length };
	if (JSON.stringify(lengths) !== JSON.stringify(jidLengths))
		throw new Error(`the bar is for JIDs of other lengths: ${JSON.stringify(lengths)}`);
	await thing.quiet();
	thing.ledger.take();
	const { namespace, request, field, name, done } = readouts[dialect];
	const req = {
		name: "req",
		attrs: { xmlns: namespace, ...request },
		children: [{ name: field, attrs: { [name]: "Temperature" }, children: [] }]
	};
	reader.send("iq", { type: "get", to: thing.jid, id: "1" }, req);
	await waitFor(`readout in ${dialect}`, () => thing.ledger.said.includes(done) || thing.ledger.said.includes("type='error'"));
	// What either side acknowledges comes a little later.
	await pause(1000);
	const { said, heard } = thing.ledger.take();
	const [saidBare, heardBare] = [withoutAcknowledgements(said), withoutAcknowledgements(heard)];
	if (!/^<iq [^>]*><req .*<\/iq>$/.test(heardBare)) throw new Error(`more than the request was heard: ${heardBare}, and said: ${saidBare}`);
	return {
		heard: heardBare.length,
		said: saidBare.length,
		acknowledgements: said.length + heard.length - saidBare.length - heardBare.length,
		refusal: /type='error'.*?<([a-z-]+) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/.exec(saidBare)?.[1] ?? ""
	};
}

interface Idle {
	readonly up: number;
	readonly down: number;
	readonly said: number;
	readonly heard: number;
	readonly questions: number;
}

/** An hour of the thing's time: its clock and timer are sped up, broker and wire are what they are. */
async function idle(box: Box, start: Start): Promise<Idle> {
	const wire = await startFlightCounter(box.ports[start.tls], 0);
	const thing = new Living({ ...start, wire, wrap: (host) => hurry(host, HASTE) });
	try {
		await thing.until("online");
		// What it says as one who is back.
		await pause(SETTLED);
		const before = thing.cost();
		thing.ledger.take();
		await pause(HOUR / HASTE);
		const questions = thing.ledger.said.split("<r ").length - 1;
		const after = thing.cost();
		// Throws when the connection did not last.
		await thing.until("online");
		const of = (side: "up" | "down") => after.tally[side].application - before.tally[side].application;
		return { up: of("up"), down: of("down"), said: after.said - before.said, heard: after.heard - before.heard, questions };
	} finally {
		await thing.stop();
		await wire.close();
	}
}

const pair = (up: number, down: number): string => `${up} + ${down}`;

function wireCells({ up, down, clearFlights, flights }: Tally): (string | number)[] {
	const whole = (side: Tally["up"]) => side.clear + side.handshake + side.application;
	return [
		clearFlights,
		flights,
		pair(up.clear, down.clear),
		pair(up.handshake, down.handshake),
		pair(up.application, down.application),
		whole(up) + whole(down)
	];
}

function row(name: string, { tally, said, heard }: Cost): (string | number)[] {
	return [name, ...wireCells(tally), pair(said, heard)];
}

async function measure(box: Box, folder: string): Promise<boolean> {
	const anchors = await readFile(box.caFile, "utf8");
	const account: Account = { domain: DOMAIN, username: READER, password: "a reader's password", caFile: box.caFile };
	await box.createAccount(account.username, account.password);
	const starts: (string | number)[][] = [];
	const start = (tls: "direct" | "starttls"): Start => ({ domain: DOMAIN, anchors, tls, serial: `SN-${tls}`, folder: join(folder, tls) });
	let warm: Cost | undefined;
	let sticker = "";
	for (const tls of ["direct", "starttls"] as const) {
		const cold = await live(box, start(tls), async (thing) => {
			const cost = await thing.until("registered");
			if (tls === "direct") sticker = thing.sticker;
			return cost;
		});
		starts.push(row(`cold start, ${tls}: account, login, registration`, cold));
		await live(box, start(tls), async (thing) => {
			warm = await thing.until("online");
			starts.push(row(`warm start, ${tls}: online`, warm));
			starts.push(row(`warm start, ${tls}: until it is silent`, await thing.quiet()));
		});
	}
	const peers = await peerLogins(box.ports.starttls, account);
	const reader = await person(box.ports.starttls, account);
	const dialects = ["xep", "ieee"] as const;
	const told: Readout[] = [];
	try {
		await live(box, start("direct"), async (thing) => {
			await thing.until("online");
			await claim(thing, sticker, reader, box.registry);
			for (const dialect of dialects) told.push(await read(thing, reader, dialect));
		});
	} finally {
		await reader.end();
	}
	const hour = await idle(box, start("direct"));
	const missed = dialects.filter((dialect, at) => told[at]!.refusal !== "" || told[at]!.heard + told[at]!.said > readoutBars[dialect]);
	const head = ["flights in clear", "flights in TLS", "clear, B", "TLS handshake, B", "TLS after it, B", "all, B"];
	await writePart(
		"wire",
		`## The wire

\`make bench-wire\`: Prosody ${box.prosody}, ${warm!.tally.version}, a P-256 leaf, through a proxy on loopback that counts TLS records and knows no TCP. A flight is a time that the client begins to speak after it has heard something; what comes up and down is written "up + down". The last column is XML before it is encrypted. The handshake differs by a few bytes from run to run, since ECDSA signatures do.

${table(["thing on the Node host", ...head, "XML, B"], starts)}

The same login (SCRAM, bind, stream management) on the same broker in the same run, over STARTTLS, until online. The peers log in as if for the first time, as they always do; the thing's first login is a part of its cold start above.

${table(
	["login, starttls", ...head],
	[["this thing, warm", ...wireCells(warm!.tally)], ...[...peers].map(([name, tally]) => [name, ...wireCells(tally)])]
)}

An idle hour: **${hour.up + hour.down}** bytes in TLS records (${pair(hour.up, hour.down)}), ${hour.said + hour.heard} of XML (${pair(hour.said, hour.heard)}), in ${hour.questions} questions after a minute of silence each. Measured with the thing's clock and timer ${HASTE} times as fast; broker and sockets had their own time, so what Prosody does by itself in an hour is not in it.

One momentary readout of one numeric field, XML inside TLS, JIDs of ${jidLengths.reader} and ${jidLengths.thing} characters:

${table(
	["dialect", "request, B", "answers, B", "together, B", "bar, B", "", "acknowledgements beside it, B"],
	dialects.map((dialect, at) => {
		const { heard, said, acknowledgements, refusal } = told[at]!;
		const verdict = missed.includes(dialect) ? "**missed**" : "held";
		const spoken = refusal === "";
		return [
			dialect,
			heard,
			spoken ? said : `refused: ${refusal}`,
			spoken ? heard + said : "none",
			readoutBars[dialect],
			verdict,
			acknowledgements
		];
	})
)}
`
	);
	for (const dialect of missed) process.stderr.write(`The bar for a readout in the ${dialect} dialect is missed.\n`);
	return missed.length === 0;
}

const folder = await mkdtemp(join(tmpdir(), "extasis-wire-"));
let box: Box | undefined;
try {
	box = await startBox({ data: join(folder, "box"), domain: DOMAIN, log: () => {} });
	if (!(await measure(box, folder))) process.exitCode = 1;
} finally {
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
}
