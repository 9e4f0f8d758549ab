// Requests and answers: each once, each from whom it should be, none kept for ever.
import { limits } from "../../../src/limits.js";
import { type Answer, type IQRequest, IQRouter } from "../../../src/xmpp/iq.js";
import { ADDRESS, attributeOf, errorAnswer, errorElement, IQBench } from "../../support/iq-bench.js";

const PEER = "peer@b.example/r";
const PAYLOAD = "<ask xmlns='urn:example'/>";

/** A payload too large to be built. */
function large(name: string): string {
	return `<${name} xmlns='urn:example'>${`<item text='${"x".repeat(100)}'/>`.repeat(100)}</${name}>`;
}

describe("requests to us", () => {
	test("R-CORE-5 a request that nobody handles is refused, whatever its type", () => {
		const bench = new IQBench();
		expect(bench.ask("get", PAYLOAD, PEER)).toEqual([errorAnswer("service-unavailable", "cancel", PEER)]);
		expect(bench.ask("set", PAYLOAD, PEER)).toEqual([errorAnswer("service-unavailable", "cancel", PEER)]);
	});

	test("R-CORE-5 results and errors are never answered", () => {
		const bench = new IQBench();
		for (const type of ["result", "error"]) {
			expect(bench.receive(`<iq type='${type}' id='x' from='${PEER}'>${PAYLOAD}</iq>`)).toEqual([]);
			expect(bench.receive(`<iq type='${type}' from='${PEER}'/>`)).toEqual([]);
			expect(bench.receive(`<iq type='${type}' id='x' from='${PEER}'>${large("ask")}</iq>`)).toEqual([]);
		}
	});

	test("R-CORE-5 a handled request gets the handler's one answer", () => {
		const bench = new IQBench();
		bench.router.handle("get", "ask", "urn:example", (request) => {
			request.result().open("told", "urn:example").attribute("who", request.from);
			request.send();
		});
		expect(bench.ask("get", PAYLOAD, PEER)).toEqual([
			`<iq to='${PEER}' type='result' id='q1'><told xmlns='urn:example' who='${PEER}'/></iq>`
		]);
	});

	test("R-CORE-5 an answer may come later, and a second one is refused", () => {
		const bench = new IQBench();
		const requests: IQRequest[] = [];
		bench.router.handle("set", "ask", "urn:example", (request) => requests.push(request));
		expect(bench.ask("set", PAYLOAD, PEER)).toEqual([]);
		const request = requests[0]!;
		expect(request.answered).toBe(false);
		request.succeed();
		expect(request.answered).toBe(true);
		expect(bench.wire.take()).toEqual([`<iq to='${PEER}' type='result' id='q1'/>`]);
		expect(() => request.succeed()).toThrow("answered already");
		expect(() => request.fail("forbidden")).toThrow("answered already");
		expect(() => request.result()).toThrow("answered already");
		expect(() => request.send()).toThrow("answered already");
		expect(bench.wire.take()).toEqual([]);
	});

	test("R-CORE-5 a handler that throws is an internal-server-error, and the exception is told", () => {
		const bench = new IQBench();
		bench.router.handle("get", "ask", "urn:example", (request) => {
			request.result().open("half", "urn:example");
			throw new Error("broken sensor");
		});
		expect(bench.ask("get", PAYLOAD, PEER)).toEqual([errorAnswer("internal-server-error", "cancel", PEER)]);
		expect(bench.errors).toHaveLength(1);
	});

	test("R-CORE-5 a handler that throws after its answer does not answer twice", () => {
		const bench = new IQBench();
		bench.router.handle("get", "ask", "urn:example", (request) => {
			request.succeed();
			throw new Error("broken sensor");
		});
		expect(bench.ask("get", PAYLOAD, PEER)).toEqual([`<iq to='${PEER}' type='result' id='q1'/>`]);
		expect(bench.errors).toHaveLength(1);
	});

	test("without onError the exception goes on, after the answer", () => {
		const bench = new IQBench();
		const router = new IQRouter({ outbox: bench.wire, scheduler: bench.scheduler, random: (count) => new Uint8Array(count) });
		router.setAddress(ADDRESS);
		router.open("get", PEER);
		router.send(() => {
			throw new Error("in onAnswer");
		});
		expect(() => router.setAddress(undefined)).toThrow("in onAnswer");
	});

	test.each([
		["no id", `<iq type='get' from='${PEER}'>${PAYLOAD}</iq>`],
		["no payload", `<iq type='get' id='q1' from='${PEER}'/>`],
		["only text", `<iq type='set' id='q1' from='${PEER}'>ask</iq>`],
		["two payloads", `<iq type='get' id='q1' from='${PEER}'>${PAYLOAD}${PAYLOAD}</iq>`],
		["no type", `<iq id='q1' from='${PEER}'>${PAYLOAD}</iq>`],
		["an unknown type", `<iq type='put' id='q1' from='${PEER}'>${PAYLOAD}</iq>`]
	])("R-CORE-5 %s is a bad request", (_, text) => {
		const bench = new IQBench();
		let handled = 0;
		bench.router.handle("any", "ask", "urn:example", () => handled++);
		const sent = bench.receive(text);
		expect(sent).toHaveLength(1);
		expect(sent[0]).toContain("<error type='modify'><bad-request ");
		expect(attributeOf(sent[0]!, "to")).toBe(PEER);
		expect(handled).toBe(0);
	});

	test("a handler sees only its own type, name and namespace", () => {
		const bench = new IQBench();
		const seen: string[] = [];
		bench.router.handle("get", "ask", "urn:example", (request) => {
			seen.push(request.type);
			request.succeed();
		});
		bench.router.handle("any", "ask", "urn:other", (request) => {
			seen.push(`${request.type} other`);
			request.succeed();
		});
		bench.ask("get", "<ask xmlns='urn:example'/>", PEER);
		bench.ask("set", "<ask xmlns='urn:other'/>", PEER);
		bench.ask("get", "<ask xmlns='urn:other'/>", PEER);
		const refused = [
			...bench.ask("set", "<ask xmlns='urn:example'/>", PEER),
			...bench.ask("get", "<asks xmlns='urn:example'/>", PEER),
			...bench.ask("get", "<ask/>", PEER)
		];
		expect(seen).toEqual(["get", "set other", "get other"]);
		for (const answer of refused) expect(answer).toContain("<service-unavailable ");
		expect(refused).toHaveLength(3);
	});

	test("one handler of several namespaces, and none of what is near them", () => {
		const bench = new IQBench();
		const seen: string[] = [];
		bench.router.handle("get", "ask", ["urn:a", "urn:b"], (request) => {
			seen.push(request.payload.namespace);
			request.succeed();
		});
		for (const namespace of ["urn:a", "urn:b", "urn:c", "urn:", "urn:a,urn:b"]) bench.ask("get", `<ask xmlns='${namespace}'/>`, PEER);
		expect(seen).toEqual(["urn:a", "urn:b"]);
		for (const namespaces of ["urn:b", ["urn:c", "urn:a"], ["urn:b"]])
			expect(() => bench.router.handle("any", "ask", namespaces, () => {})).toThrow("has a handler");
		bench.router.handle("get", "ask", ["urn:c"], () => {});
	});

	test("two handlers of one payload are a mistake", () => {
		const { router } = new IQBench();
		router.handle("get", "ask", "urn:example", () => {});
		router.handle("set", "ask", "urn:example", () => {});
		expect(() => router.handle("get", "ask", "urn:example", () => {})).toThrow("has a handler");
		expect(() => router.handle("any", "ask", "urn:example", () => {})).toThrow("has a handler");
	});

	test("a request without from is of our own account and answered without to", () => {
		const bench = new IQBench();
		let from = "";
		bench.router.handle("set", "ask", "urn:example", (request) => {
			from = request.from;
			request.succeed();
		});
		expect(bench.ask("set", PAYLOAD)).toEqual(["<iq type='result' id='q1'/>"]);
		expect(from).toBe("thing@a.example");
	});

	test("a request that is too large to be built is refused, and the next one is heard", () => {
		const bench = new IQBench();
		bench.router.handle("set", "ask", "urn:example", (request) => request.succeed());
		expect(bench.ask("set", large("ask"), PEER)).toEqual([errorAnswer("policy-violation", "modify", PEER, "the request is too large")]);
		expect(bench.ask("set", PAYLOAD, PEER)).toEqual([`<iq to='${PEER}' type='result' id='q1'/>`]);
	});

	test("an answer to a request of an ended connection leads nowhere", () => {
		const bench = new IQBench();
		const requests: IQRequest[] = [];
		bench.router.handle("get", "ask", "urn:example", (request) => requests.push(request));
		bench.ask("get", PAYLOAD, PEER);
		bench.router.setAddress(undefined);
		bench.router.setAddress(ADDRESS);
		requests[0]!.succeed();
		expect(bench.wire.take()).toEqual([]);
		expect(requests[0]!.answered).toBe(true);
		expect(bench.ask("get", PAYLOAD, PEER)).toEqual([]);
		requests[1]!.succeed();
		expect(bench.wire.take()).toHaveLength(1);
	});
});

describe("requests of ours", () => {
	/** Sends a request; gives its id and the answers that come. */
	function request(bench: IQBench, to?: string): { id: string; answers: Answer[] } {
		const answers: Answer[] = [];
		bench.router.open("get", to).open("ask", "urn:example");
		bench.router.send((answer) => answers.push(answer));
		const sent = bench.wire.take();
		return { id: attributeOf(sent[0]!, "id")!, answers };
	}

	test("the answer comes with its payload, once", () => {
		const bench = new IQBench();
		const { id, answers } = request(bench, PEER);
		bench.receive(`<iq type='result' id='${id}' from='${PEER}'><told xmlns='urn:example'/></iq>`);
		bench.receive(`<iq type='result' id='${id}' from='${PEER}'><told xmlns='urn:example'/></iq>`);
		expect(answers).toHaveLength(1);
		expect(answers[0]!.payload?.name).toBe("told");
		expect(answers[0]!.stanza?.name).toBe("iq");
		expect(answers[0]!.error).toBeUndefined();
		bench.time.pass(limits.requestSeconds * 1000);
		expect(answers).toHaveLength(1);
	});

	test("an error comes as error", () => {
		const bench = new IQBench();
		const { id, answers } = request(bench, PEER);
		bench.receive(`<iq type='error' id='${id}' from='${PEER}'>${errorElement("item-not-found", "cancel")}</iq>`);
		expect(answers).toHaveLength(1);
		expect(answers[0]!.error).toEqual({ condition: "item-not-found", type: "cancel" });
		expect(answers[0]!.payload).toBeUndefined();
	});

	test.each([
		["the account, unstamped", undefined, undefined, true],
		["the account, by its bare JID", undefined, "thing@a.example", true],
		["the account, by the domain", undefined, "a.example", true],
		["the account, in other case", undefined, "Thing@A.example", true],
		["the account, by a resource", undefined, "thing@a.example/other", false],
		["the account, by a stranger", undefined, PEER, false],
		["the account, by a component", undefined, "registry.a.example", false],
		["the account by JID, unstamped", "thing@a.example", undefined, true],
		["the domain, unstamped", "a.example", undefined, true],
		["the domain, by the domain", "a.example", "a.example", true],
		["the domain, by a resource of it", "a.example", "a.example/x", false],
		["a peer, by the peer", PEER, PEER, true],
		["a peer, in other case", PEER, "Peer@B.example/r", true],
		["a peer, by another resource", PEER, "peer@b.example/R", false],
		["a peer, by its bare JID", PEER, "peer@b.example", false],
		["a peer, unstamped", PEER, undefined, false],
		["a peer, by our server", PEER, "a.example", false],
		["a component, by itself", "registry.a.example", "registry.a.example", true],
		["a component, by our server", "registry.a.example", "a.example", false]
	])("R-CORE-10 asked: %s", (_, to, from, taken) => {
		const bench = new IQBench();
		const { id, answers } = request(bench, to);
		const stamp = from === undefined ? "" : ` from='${from}'`;
		bench.receive(`<iq type='result' id='${id}'${stamp}><told xmlns='urn:example'/></iq>`);
		expect(answers).toHaveLength(taken ? 1 : 0);
		// What was ignored does not spoil the true answer.
		const right = to === undefined ? "" : ` from='${to}'`;
		bench.receive(`<iq type='result' id='${id}'${right}/>`);
		expect(answers).toHaveLength(1);
	});

	test("R-CORE-10 another id is ignored", () => {
		const bench = new IQBench();
		const { id, answers } = request(bench, PEER);
		bench.receive(`<iq type='result' id='${id}x' from='${PEER}'/>`);
		bench.receive(`<iq type='result' id='' from='${PEER}'/>`);
		bench.receive(`<iq type='result' from='${PEER}'/>`);
		expect(answers).toEqual([]);
	});

	test("R-CORE-13 ids differ among themselves and from those before a reboot", () => {
		let boot = 0;
		const random = (count: number): Uint8Array => new Uint8Array(count).fill(++boot);
		const ids: string[] = [];
		for (let n = 0; n < 2; n++) {
			const bench = new IQBench(random);
			ids.push(request(bench).id, request(bench, PEER).id);
			bench.router.setAddress(undefined);
			bench.router.setAddress(ADDRESS);
			ids.push(request(bench).id);
		}
		expect(new Set(ids).size).toBe(6);
		for (const id of ids) expect(id.indexOf("-")).toBe(8);
	});

	test("no answer is an error when the time is up, and a later one is ignored", () => {
		const bench = new IQBench();
		const { id, answers } = request(bench, PEER);
		bench.time.pass(limits.requestSeconds * 1000 - 1);
		expect(answers).toEqual([]);
		bench.time.pass(1);
		expect(answers).toHaveLength(1);
		expect(answers[0]!.error?.condition).toBe("remote-server-timeout");
		expect(answers[0]!.stanza).toBeUndefined();
		bench.receive(`<iq type='result' id='${id}' from='${PEER}'/>`);
		expect(answers).toHaveLength(1);
	});

	test("each request has its own time", () => {
		const bench = new IQBench();
		const answers: string[] = [];
		bench.router.open("get", PEER);
		bench.router.send(() => answers.push("5"), { seconds: 5 });
		bench.router.open("get", PEER);
		bench.router.send(() => answers.push("1"), { seconds: 1 });
		bench.time.pass(5000);
		expect(answers).toEqual(["1", "5"]);
	});

	test("pending requests fail when the connection ends, and may ask again at once", () => {
		const bench = new IQBench();
		const { id, answers } = request(bench, PEER);
		const again: Answer[] = [];
		bench.router.open("get");
		bench.router.send(() => {
			bench.router.open("get");
			bench.router.send((answer) => again.push(answer));
		});
		bench.router.setAddress(undefined);
		expect(answers).toHaveLength(1);
		expect(answers[0]!.error?.condition).toBe("remote-server-timeout");
		expect(again).toHaveLength(0);
		bench.router.setAddress(ADDRESS);
		bench.receive(`<iq type='result' id='${id}' from='${PEER}'/>`);
		expect(answers).toHaveLength(1);
		bench.time.pass(limits.requestSeconds * 1000);
		expect(again).toHaveLength(1);
		expect(bench.time.waiting).toBeUndefined();
	});

	test("too many pending requests fail, later and unsent", () => {
		const bench = new IQBench();
		const errors: (string | undefined)[] = [];
		for (let n = 0; n <= limits.pendingRequests; n++) {
			bench.router.open("get", PEER);
			bench.router.send((answer) => errors.push(answer.error?.condition));
		}
		expect(bench.wire.take()).toHaveLength(limits.pendingRequests);
		expect(errors).toEqual([]);
		bench.time.pass(0);
		expect(errors).toEqual(["resource-constraint"]);
	});

	test("an onAnswer that throws is told and stops nothing", () => {
		const bench = new IQBench();
		bench.router.open("get", PEER);
		bench.router.send(() => {
			throw new Error("in onAnswer");
		});
		const { answers } = request(bench, PEER);
		bench.router.setAddress(undefined);
		expect(bench.errors).toHaveLength(1);
		expect(answers).toHaveLength(1);
	});

	test("nothing is sent without open", () => {
		const { router } = new IQBench();
		expect(() => router.send(() => {})).toThrow("no request is open");
		router.open("get");
		router.send(() => {});
		expect(() => router.send(() => {})).toThrow("no request is open");
	});
});

describe("large answers", () => {
	test("come part by part to who asked for parts", () => {
		const bench = new IQBench();
		const parts: (string | undefined)[] = [];
		const answers: Answer[] = [];
		bench.router.open("get", PEER).open("ask", "urn:example");
		bench.router.send((answer) => answers.push(answer), { onPart: (part) => parts.push(part.attribute("text")) });
		bench.answer(large("told"));
		expect(parts).toHaveLength(100);
		expect(parts[99]).toBe("x".repeat(100));
		expect(answers).toHaveLength(1);
		expect(answers[0]!.error).toBeUndefined();
		expect(answers[0]!.payload?.name).toBe("told");
		expect(answers[0]!.payload?.children).toHaveLength(0);
	});

	test("are an error to who did not", () => {
		const bench = new IQBench();
		const answers: Answer[] = [];
		bench.router.open("get", PEER).open("ask", "urn:example");
		bench.router.send((answer) => answers.push(answer));
		bench.answer(large("told"));
		expect(answers).toHaveLength(1);
		expect(answers[0]!.error).toEqual({ condition: "policy-violation", type: "cancel", text: "the answer is too large" });
	});

	test("R-CORE-10 of another sender give no parts and no error", () => {
		const bench = new IQBench();
		const parts: unknown[] = [];
		bench.router.open("get", PEER).open("ask", "urn:example");
		bench.router.send((answer) => parts.push(answer), { onPart: (part) => parts.push(part) });
		const id = attributeOf(bench.wire.take()[0]!, "id");
		bench.receive(`<iq type='result' id='${id}' from='mallory@b.example/r'>${large("told")}</iq>`);
		expect(parts).toEqual([]);
	});

	test("one part that is too large makes the answer an error", () => {
		const bench = new IQBench();
		const answers: Answer[] = [];
		let parts = 0;
		bench.router.open("get", PEER).open("ask", "urn:example");
		bench.router.send((answer) => answers.push(answer), { onPart: () => parts++ });
		bench.answer(`<told xmlns='urn:example'><item/>${large("item")}<item/></told>`);
		expect(answers).toHaveLength(1);
		expect(answers[0]!.error?.condition).toBe("policy-violation");
	});

	test("an error answer is no part", () => {
		const bench = new IQBench();
		let parts = 0;
		const answers: Answer[] = [];
		bench.router.open("get", PEER).open("ask", "urn:example");
		bench.router.send((answer) => answers.push(answer), { onPart: () => parts++ });
		bench.answer(errorElement("forbidden", "auth"), "error");
		expect(parts).toBe(0);
		expect(answers[0]!.error?.condition).toBe("forbidden");
	});

	test("end with the time, even amid the parts", () => {
		const bench = new IQBench();
		let parts = 0;
		const answers: Answer[] = [];
		bench.router.open("get", PEER).open("ask", "urn:example");
		bench.router.send((answer) => answers.push(answer), { seconds: 1, onPart: () => parts++ });
		const id = attributeOf(bench.wire.take()[0]!, "id");
		bench.receive(`<iq type='result' id='${id}' from='${PEER}'><told xmlns='urn:example'><item/>`);
		expect(parts).toBe(1);
		bench.time.pass(1000);
		expect(answers).toHaveLength(1);
		bench.receive("<item/></told></iq>");
		expect(parts).toBe(1);
		expect(answers).toHaveLength(1);
	});

	test("an onPart that throws is told and stops nothing", () => {
		const bench = new IQBench();
		const answers: Answer[] = [];
		bench.router.open("get", PEER).open("ask", "urn:example");
		bench.router.send((answer) => answers.push(answer), {
			onPart: () => {
				throw new Error("in onPart");
			}
		});
		bench.answer("<told xmlns='urn:example'><item/><item/></told>");
		expect(bench.errors).toHaveLength(2);
		expect(answers).toHaveLength(1);
	});
});
