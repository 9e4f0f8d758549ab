// Version of the software.
import { Disco } from "../../../src/xmpp/disco.js";
import { answerVersion } from "../../../src/xmpp/version.js";
import { IQBench } from "../../support/iq-bench.js";

test("name and version are told, the operating system is not", () => {
	const bench = new IQBench();
	const disco = new Disco({ router: bench.router, identity: { category: "client", type: "bot" }, node: "urn:x", allowed: () => true });
	answerVersion(disco, { name: "Extasis", version: "0.1.0" });
	expect(disco.features).toContain("jabber:iq:version");
	expect(bench.ask("get", "<query xmlns='jabber:iq:version'/>")).toEqual([
		"<iq type='result' id='q1'><query xmlns='jabber:iq:version'><name>Extasis</name><version>0.1.0</version></query></iq>"
	]);
});
