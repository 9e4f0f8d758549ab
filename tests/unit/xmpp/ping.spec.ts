// Ping.
import { Disco } from "../../../src/xmpp/disco.js";
import { answerPing } from "../../../src/xmpp/ping.js";
import { IQBench } from "../../support/iq-bench.js";

test("a ping is answered and announced", () => {
	const bench = new IQBench();
	const disco = new Disco({ router: bench.router, identity: { category: "client", type: "bot" }, node: "urn:x", allowed: () => true });
	answerPing(disco);
	expect(disco.features).toContain("urn:xmpp:ping");
	expect(bench.ask("get", "<ping xmlns='urn:xmpp:ping'/>")).toEqual(["<iq type='result' id='q1'/>"]);
});
