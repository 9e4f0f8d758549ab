// What a thing asks DNS, judged by a real name server, and what it believes of answers that were made to harm it.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, packetBytes, readAnswer, typeA, typeSRV, writeQuestion } from "../../../hosts/moddable/dns.js";
import { type NameServer, startNameServer } from "../../scenarios/name-server.js";
import { Dice } from "../../world/dice.js";

const NAME = "_xmpp-client._tcp.box.example";
const LONG = "a-rather-long-name-of-a-server-that-fills-the-packet";

let server: NameServer;

beforeAll(async () => {
	server = await startNameServer([
		`srv-host=${NAME},one.example,5222,10,5`,
		`srv-host=${NAME},two.example,5223,20,0`,
		"host-record=one.example,192.0.2.1",
		"host-record=one.example,2001:db8::1",
		"cname=www.example,alias.example",
		"cname=alias.example,one.example",
		...Array.from({ length: 20 }, (_, n) => `srv-host=_many._tcp.box.example,${LONG}-${n}.example,${1000 + n},0,0`)
	]);
});

afterAll(() => server?.stop());

function ask(name: string, type: number, id = 0x1234): Uint8Array {
	const question = writeQuestion(name, type);
	if (question === undefined) throw new Error("no question");
	question.set([id >> 8, id & 255]);
	return question;
}

async function byUDP(question: Uint8Array): Promise<Uint8Array> {
	const socket = createSocket("udp4");
	const answer = once(socket, "message");
	socket.send(question, Number(server.address.split(":")[1]), "127.0.0.1");
	const [bytes] = (await answer) as [Buffer];
	socket.close();
	return bytes;
}

async function byTCP(question: Uint8Array): Promise<Uint8Array> {
	const socket = createConnection(Number(server.address.split(":")[1]), "127.0.0.1");
	socket.write(Uint8Array.of(question.length >> 8, question.length & 255, ...question));
	let all = Buffer.alloc(0);
	for await (const bytes of socket) {
		all = Buffer.concat([all, bytes as Buffer]);
		if (all.length >= 2 && all.length >= 2 + all.readUInt16BE(0)) break;
	}
	return all.subarray(2);
}

async function answerTo(name: string, type: number): Promise<Answer | undefined> {
	const question = ask(name, type);
	return readAnswer(await byUDP(question), question);
}

describe("a real name server", () => {
	test("tells the servers of a service", async () => {
		const answer = await answerTo(NAME, typeSRV);
		expect(answer).toMatchObject({ code: 0, truncated: false, addresses: [] });
		expect(answer!.services.sort((a, b) => a.priority - b.priority)).toEqual([
			{ target: "one.example", port: 5222, priority: 10, weight: 5 },
			{ target: "two.example", port: 5223, priority: 20, weight: 0 }
		]);
	});

	test("tells addresses, through aliases, of names in any letters", async () => {
		expect(await answerTo("one.example", typeA)).toMatchObject({ code: 0, addresses: ["192.0.2.1"], services: [] });
		expect(await answerTo("WWW.example", typeA)).toMatchObject({ code: 0, addresses: ["192.0.2.1"] });
	});

	test("tells that there is nothing", async () => {
		expect(await answerTo("nobody.example", typeA)).toMatchObject({ code: 3, addresses: [] });
		expect(await answerTo("one.example", typeSRV)).toMatchObject({ code: 0, services: [] });
	});

	test("tells much over TCP alone, of which 16 records are kept", async () => {
		const question = ask("_many._tcp.box.example", typeSRV);
		const short = await byUDP(question);
		expect(short.length).toBeLessThanOrEqual(packetBytes);
		expect(readAnswer(short, question)).toMatchObject({ truncated: true, services: [] });
		const { services } = readAnswer(await byTCP(question), question)!;
		expect(services).toHaveLength(16);
		expect(services.every(({ target, port }) => target === `${LONG}-${port - 1000}.example`)).toBe(true);
	});
});

describe("a name that DNS cannot hold is not asked for", () => {
	test.each([
		"",
		".",
		"a..b",
		".a",
		"a.",
		"a b.example",
		"bücher.example",
		"a\0.example",
		`${"a".repeat(64)}.example`,
		`${"a.".repeat(126)}ab`
	])("%j", (name) => expect(writeQuestion(name, typeA)).toBeUndefined());

	test("the longest is", () => {
		const longest = `${"a.".repeat(126)}a`;
		expect(writeQuestion(longest, typeA)).toHaveLength(12 + 255 + 4);
		expect(writeQuestion(`${"a".repeat(63)}.example`, typeA)).toBeDefined();
	});
});

/** An answer to `question` with these records, as they are given: owner, type, class, data. */
function answer(question: Uint8Array, records: readonly (readonly [number[], number, number, number[]])[], flags = 0x8180): Uint8Array {
	const head = Uint8Array.from(question);
	head.set([flags >> 8, flags & 255], 2);
	head.set([records.length >> 8, records.length & 255], 6);
	const body = records.flatMap(([owner, type, kind, data]) => [
		...[...owner, type >> 8, type & 255, kind >> 8, kind & 255, 0, 0, 0, 60, data.length >> 8, data.length & 255, ...data]
	]);
	return Uint8Array.of(...head, ...body);
}

const asked = [0xc0, 12];
const label = (text: string): number[] => [text.length, ...Buffer.from(text)];

describe("an answer that was made to harm", () => {
	const question = ask("box.example", typeA);
	const services = ask(NAME, typeSRV);
	const good = answer(question, [[asked, 1, 1, [192, 0, 2, 1]]]);
	/** Where its first record begins. */
	const first = question.length;

	test("the good one is believed", () => expect(readAnswer(good, question)?.addresses).toEqual(["192.0.2.1"]));

	test.each<[string, (bytes: Uint8Array) => void]>([
		["of another id", (bytes) => bytes.fill(9, 0, 2)],
		["that is a question", (bytes) => bytes.fill(1, 2, 3)],
		["of another opcode", (bytes) => bytes.fill(0xa1, 2, 3)],
		["to two questions", (bytes) => bytes.fill(2, 5, 6)],
		["to another name", (bytes) => bytes.fill(0x63, 13, 14)],
		["to another type", (bytes) => bytes.fill(28, first - 3, first - 2)],
		["of another class", (bytes) => bytes.fill(3, first - 1, first)]
	])("one %s is none", (_name, harm) => {
		const bytes = Uint8Array.from(good);
		harm(bytes);
		expect(readAnswer(bytes, question)).toBeUndefined();
	});

	test("one whose id would be ours if ids had letters is none", () => {
		const lettered = ask("box.example", typeA, 0x4142);
		const bytes = Uint8Array.from(answer(lettered, []));
		expect(readAnswer(bytes, lettered)).toBeDefined();
		bytes.set([0x61, 0x62]);
		expect(readAnswer(bytes, lettered)).toBeUndefined();
	});

	test("one that ends at any byte before its end is none", () => {
		for (let end = 0; end < good.length; end++) expect(readAnswer(good.subarray(0, end), question)).toBeUndefined();
	});

	test.each<[string, number[]]>([
		["to itself", [0xc0, first]],
		["on", [0xc0, first + 2]],
		["behind the end", [0xff, 0xff]],
		["into the head", [0xc0, 4]],
		["round", [...label("a"), 0xc0, first]],
		["to the last byte", [0xc0, first + 1]]
	])("a name with a pointer %s names nobody", (_name, owner) => {
		const bytes = answer(question, [
			[owner, 1, 1, [10, 0, 0, 1]],
			[asked, 1, 1, [192, 0, 2, 1]]
		]);
		expect(readAnswer(bytes, question)?.addresses).toEqual(["192.0.2.1"]);
	});

	test("a chain of pointers back has an end, whatever it says", () => {
		const data = Array.from({ length: 200 }, (_, n) =>
			n === 0 ? [0, 0] : [0xc0 | ((first + 12 + 2 * n - 2) >> 8), (first + 10 + 2 * n) & 255]
		).flat();
		const bytes = answer(question, [
			[asked, 99, 1, data],
			[[0xc0 | ((first + 12 + 398) >> 8), (first + 12 + 398) & 255], 1, 1, [10, 0, 0, 1]]
		]);
		expect(readAnswer(bytes, question)).toMatchObject({ addresses: [] });
	});

	test("a record of another name, another class or another length is not believed", () => {
		const other = [...label("evil"), ...label("example"), 0];
		const bytes = answer(question, [
			[other, 1, 1, [10, 0, 0, 1]],
			[asked, 1, 3, [10, 0, 0, 2]],
			[asked, 1, 1, [10, 0, 0]],
			[asked, 28, 1, new Array(16).fill(1)]
		]);
		expect(readAnswer(bytes, question)?.addresses).toEqual([]);
	});

	test("aliases in a circle lead nowhere, and no more than eight are followed", () => {
		const named = (n: number): number[] => [...label(`a${n}`), ...label("example"), 0];
		const circle = answer(question, [
			[asked, 5, 1, named(1)],
			[named(1), 5, 1, [...label("box"), ...label("example"), 0]]
		]);
		expect(readAnswer(circle, question)?.addresses).toEqual([]);
		const chain = (length: number): Uint8Array =>
			answer(question, [
				[asked, 5, 1, named(1)],
				...Array.from({ length: length - 1 }, (_, n): [number[], number, number, number[]] => [named(n + 1), 5, 1, named(n + 2)]),
				[named(length), 1, 1, [192, 0, 2, 1]]
			]);
		expect(readAnswer(chain(7), question)?.addresses).toEqual(["192.0.2.1"]);
		expect(readAnswer(chain(8), question)?.addresses).toEqual([]);
	});

	test("a target with dots, NULs or spaces within a label is no server", () => {
		const target = (name: number[]): [number[], number, number, number[]] => [asked, 33, 1, [0, 1, 0, 2, 0x14, 0x66, ...name]];
		const bytes = answer(services, [
			target([...label("good.example"), 0]),
			target([...label("a\0b"), 0]),
			target([...label("a b"), 0]),
			target([...label("a"), 0, 0]),
			target([0xc0, 12]),
			target([0])
		]);
		expect(readAnswer(bytes, services)?.services.map(({ target }) => target)).toEqual([NAME, "."]);
	});

	test("a server that could not tell, or gave a part, is not read", () => {
		const records: [number[], number, number, number[]][] = [[asked, 1, 1, [10, 0, 0, 1]]];
		expect(readAnswer(answer(question, records, 0x8182), question)).toMatchObject({ code: 2, addresses: [] });
		expect(readAnswer(answer(question, records, 0x8380), question)).toMatchObject({ truncated: true, addresses: [] });
	});
});

test("ten thousand answers with bytes turned, cut or added break nothing, and say nothing that no name server could", () => {
	const dice = new Dice(process.env.EXTASIS_SEED ?? 7);
	const question = ask(NAME, typeSRV);
	const seeds = [
		answer(question, [[asked, 33, 1, [0, 10, 0, 5, 0x14, 0x66, ...label("one"), ...label("example"), 0]]]),
		answer(question, [
			[asked, 5, 1, [...label("x"), 0xc0, 30]],
			[[...label("x"), 0xc0, 30], 33, 1, [0, 1, 0, 2, 0, 3, 0xc0, 12]]
		])
	];
	let read = 0;
	for (let n = 0; n < 10_000; n++) {
		const seed = seeds[dice.below(seeds.length)]!;
		const bytes = dice.bytes(seed.length + dice.below(9) - 4);
		bytes.set(seed.subarray(0, bytes.length));
		for (let turned = dice.below(6); turned > 0; turned--) {
			// Mostly behind the question, for else nothing is read.
			const from = dice.below(8) === 0 ? 0 : question.length;
			if (bytes.length > from) bytes[from + dice.below(bytes.length - from)] = dice.below(3) === 0 ? 0xc0 : dice.below(256);
		}
		const found = readAnswer(bytes, question);
		if (found === undefined) continue;
		read++;
		if (found.addresses.length > 0 || found.services.length > 16) throw new Error(`${n}: ${JSON.stringify(found)}`);
		for (const { target, port, priority, weight } of found.services) {
			if (!/^(\.|[a-z0-9_-]+(\.[a-z0-9_-]+)*)$/.test(target) || target.length > 253) throw new Error(`${n}: ${target}`);
			for (const value of [port, priority, weight])
				if (!(Number.isInteger(value) && value >= 0 && value < 65_536)) throw new Error(`${n}: ${value}`);
		}
	}
	expect(read).toBeGreaterThan(1000);
});
