// The firmware as mcconfig builds it, on XS with an ESP32's heap and over mbedTLS, against a real Prosody: the whole story, and whom it refuses.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { prepareCertificates } from "../../hosts/broker/certificates.js";
import { createProsodyStage } from "../scenarios/prosody-stage.js";
import { bareOf, befriend, conditionOf, DISCOVERY, next, read, readout, tagsOf } from "../world/scenarios/steps.js";
import type { Stage, StageThing } from "../world/stage.js";
import { xml } from "../world/xml.js";
import { HeadlessThing } from "./headless.js";
import { WrongServer } from "./wrong-server.js";

const patience = 60_000;

let folder: string;
let box: Box;
let count = 0;
const things: HeadlessThing[] = [];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-sdk-"));
	box = await startBox({ data: join(folder, "box"), log: () => {} });
}, 60_000);

afterEach(async () => {
	for (const thing of things.splice(0)) await thing.kill();
});

afterAll(async () => {
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

function create(options: Readonly<Record<string, string>>, heap: "board" | "small" = "board"): HeadlessThing {
	const store = join(folder, `store-${count++}`);
	const thing = new HeadlessThing({ DOMAIN: box.domain, CA: box.caFile, STORE: store, SHOW_STICKER: "1", ...options }, heap);
	things.push(thing);
	return thing;
}

function addressOf(tls: "direct" | "starttls"): string {
	return `127.0.0.1:${box.ports[tls]}`;
}

async function until<T>(thing: HeadlessThing, what: string, probe: () => T | undefined | null | false): Promise<T> {
	const end = Date.now() + patience;
	for (;;) {
		const found = probe();
		if (found !== undefined && found !== null && found !== false) return found;
		if (Date.now() > end) throw new Error(`not within ${patience / 1000} s: ${what}\n${JSON.stringify(thing.events)}\n${thing.output}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

/** People of a Prosody stage beside a thing that is none of its own. */
async function createStage(tls: "direct" | "starttls", thing: HeadlessThing): Promise<Stage> {
	const name = `sdk-${count++}`;
	const stage = await createProsodyStage({ box, folder: join(folder, name), name, tls });
	return { ...stage, until: (what, probe) => until(thing, what, probe) };
}

describe.each(["direct", "starttls"] as const)("over %s TLS", (tls) => {
	test.each([
		["a board's heap", "board"],
		["64 KiB", "small"]
	] as const)(
		"in %s it makes its account, registers, is claimed, is read by its owner and by nobody else, and comes back after a loss of power",
		async (_heap, heap) => {
			const thing = create({ TLS: tls, ADDRESS: addressOf(tls) }, heap);
			const stage = await createStage(tls, thing);
			const staged = thing as unknown as StageThing;
			try {
				thing.start();
				await next(stage, staged, "registered");
				expect(thing.events.map(({ event }) => event)).toEqual(["account", "online", "registered"]);
				const owner = await stage.client("owner");
				const answer = await owner.request("set", stage.registry, xml("mine", { xmlns: DISCOVERY }, tagsOf(thing.sticker())));
				expect(answer.attrs.type).toBe("result");
				expect(answer.getChild("claimed", DISCOVERY)?.attrs.jid).toBe(bareOf(thing.jid));
				await next(stage, staged, "claimed");
				await befriend(stage, staged, owner);
				const values = await readout(stage, owner, staged, "1", { all: "true" });
				expect(values.get("Temperature")).toBe("21.5");
				expect(values.get("Relay")).toBe("false");
				expect(values.get("Model")).toBe("WeatherStation");

				const stranger = await stage.client("stranger");
				expect(conditionOf(await read(stranger, staged, "2", { all: "true" }))).not.toBe("");

				await thing.kill();
				const online = thing.events.filter(({ event }) => event === "online").length;
				thing.start();
				await next(stage, staged, "online", online);
				await stage.until("presence", () =>
					owner.received.some(({ name, attrs }) => name === "presence" && attrs.from === thing.jid && attrs.type === undefined)
				);
				const again = await readout(stage, owner, staged, "3", { momentary: "true" }, "Temperature");
				expect([...again]).toEqual([["Temperature", "21.5"]]);
				expect(thing.events.filter(({ event }) => event === "account")).toHaveLength(1);
				expect(await thing.stop()).toBe(0);
			} finally {
				await stage.end();
			}
		},
		180_000
	);

	test("a CA that it does not know is refused", async () => {
		const { caFile } = await prepareCertificates(join(folder, `other-${tls}`), ["other.example"]);
		const thing = create({ TLS: tls, ADDRESS: addressOf(tls), CA: caFile });
		thing.start();
		await until(thing, "offline", () => thing.events.length >= 1);
		for (const event of thing.events) expect(event).toMatchObject({ event: "offline", reason: "unknown-ca" });
		expect(await thing.stop()).toBe(0);
	}, 90_000);

	test("a certificate for another name is refused, though its CA is the right one", async () => {
		const certificates = await prepareCertificates(join(folder, `other-${tls}`), ["other.example"]);
		const server = new WrongServer(certificates, tls);
		const port = await server.start();
		try {
			const thing = create({ TLS: tls, ADDRESS: `127.0.0.1:${port}`, CA: certificates.caFile });
			thing.start();
			await until(thing, "offline", () => thing.events.length >= 1);
			for (const event of thing.events) expect(event).toMatchObject({ event: "offline", reason: "wrong-name" });
			expect(await thing.stop()).toBe(0);
			expect(server.trusting).toBe(0);
		} finally {
			await server.stop();
		}
	}, 90_000);
});

test.each([
	["STARTTLS taken away", "stripped", "no-starttls"],
	["bytes behind <proceed/>", "injected", "tls"]
] as const)(
	"R-CORE-2 %s: the connection ends, and nothing is said",
	async (_what, harm, reason) => {
		const certificates = await prepareCertificates(join(folder, harm), [box.domain]);
		const server = new WrongServer(certificates, "starttls", harm);
		const port = await server.start();
		try {
			const thing = create({ TLS: "starttls", ADDRESS: `127.0.0.1:${port}`, CA: certificates.caFile });
			thing.start();
			await until(thing, "offline", () => thing.events.length >= 1);
			expect(thing.events[0]).toMatchObject({ event: "offline", reason });
			expect(await thing.stop()).toBe(0);
			expect(server.trusting).toBe(0);
		} finally {
			await server.stop();
		}
	},
	90_000
);

test("to a broker that makes no other it signs for its account", async () => {
	const guarded = await startBox({ data: join(folder, "guarded"), signedOnly: true, log: () => {} });
	try {
		const { key, secret } = guarded.apiKey("sdk", 1);
		const options = { DOMAIN: guarded.domain, CA: guarded.caFile, TLS: "direct", ADDRESS: `127.0.0.1:${guarded.ports.direct}` };
		const unsigned = create(options, "small");
		unsigned.start();
		await until(unsigned, "a refusal", () => unsigned.events.length >= 1);
		expect(unsigned.events.map(({ event }) => event)).not.toContain("account");
		await unsigned.kill();
		const thing = create({ ...options, API_KEY: key, API_SECRET: secret }, "small");
		thing.start();
		await until(thing, "registered", () => thing.events.find(({ event }) => event === "registered"));
		expect(thing.events.map(({ event }) => event)).toEqual(["account", "online", "registered"]);
		expect(await thing.stop()).toBe(0);
	} finally {
		await guarded.stop();
	}
}, 180_000);

describe("told wrongly, it ends with 2 and one sentence", () => {
	test.each([
		["no domain", { DOMAIN: "" }, "DOMAIN must be the broker's domain."],
		["no CA", { CA: "" }, "CA must be a file of the CAs to trust (PEM)."],
		["an odd kind of TLS", { TLS: "none" }, 'TLS must be "direct" or "starttls".'],
		["an odd address", { ADDRESS: "5222" }, "ADDRESS must be HOST:PORT, such as 192.0.2.1:5222."],
		["half an API key", { API_KEY: "k" }, "API_KEY and API_SECRET belong together: give both or neither."],
		["a name server by its name", { NAME_SERVER: "dns.example:53" }, "NAME_SERVER must be IPV4:PORT, such as 192.0.2.1:53."],
		["an address as domain", { DOMAIN: "a@b.example" }, "domain must be the broker's domain name."]
	])("%s", async (_name, options, message) => {
		const thing = create(options);
		thing.start();
		expect(await thing.end).toBe(2);
		expect(thing.events).toEqual([{ event: "error", message: expect.stringContaining(message) }]);
	});

	test("a store that another thing uses", async () => {
		const options = { STORE: join(folder, "shared"), ADDRESS: "127.0.0.1:1" };
		const first = create(options);
		first.start();
		await until(first, "a life", () => first.events.length > 0);
		const second = create(options);
		second.start();
		expect(await second.end).toBe(2);
		expect(second.events[0]).toMatchObject({ event: "error", message: expect.stringContaining("another thing uses this store") });
	});
});
