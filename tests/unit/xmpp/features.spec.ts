// What is read from stream features, and what only looks like it.
import { isBoundTo, parseBind, writeBind } from "../../../src/xmpp/binding.js";
import { parseFeatures } from "../../../src/xmpp/features.js";
import { stanza, Wire } from "../../support/wire.js";

const STREAM = "http://etherx.jabber.org/streams";

describe("features", () => {
	test("each is read, in any order and among others", () => {
		const features = parseFeatures(
			stanza(
				`<features xmlns='${STREAM}'><c xmlns='http://jabber.org/protocol/caps'/><register xmlns='http://jabber.org/features/iq-register'/><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism><x/><mechanism> SCRAM-SHA-1 </mechanism></mechanisms><sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/><x type='y'/><channel-binding/></sasl-channel-binding><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/><csi xmlns='urn:xmpp:csi:0'/><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></features>`
			)
		);
		expect(features).toEqual({
			starttls: { required: true },
			mechanisms: ["PLAIN", "SCRAM-SHA-1"],
			bindings: ["tls-exporter"],
			bind: true,
			sm: true,
			register: true,
			mechanisms2: [],
			inline: 0
		});
	});

	test("names of another namespace are not taken for them", () => {
		const features = parseFeatures(
			stanza(
				`<features xmlns='${STREAM}'><starttls/><bind xmlns='urn:x'/><register/><mechanisms><mechanism>SCRAM-SHA-1</mechanism></mechanisms></features>`
			)
		);
		expect(features).toEqual({
			starttls: undefined,
			mechanisms: [],
			bindings: [],
			bind: false,
			sm: false,
			register: false,
			mechanisms2: [],
			inline: 0
		});
	});

	test("something else is no features", () => {
		expect(parseFeatures(stanza("<features/>"))).toBeUndefined();
		expect(parseFeatures(stanza(`<error xmlns='${STREAM}'/>`))).toBeUndefined();
	});
});

describe("binding", () => {
	test("asks for a resource of the server's making", () => {
		const wire = new Wire();
		writeBind(wire.open("iq"));
		wire.send();
		expect(wire.take()).toEqual(["<iq><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"]);
	});

	test("takes the address as it was written", () => {
		const result = stanza("<iq><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>T0@a.Example/R x</jid></bind></iq>");
		expect(parseBind(result)).toBe("T0@a.Example/R x");
		expect(isBoundTo("T0@a.Example/R x", "t0@a.example")).toBe(true);
		for (const other of ["t1@a.example/R", "t0@a.example", "t0@a.example/"]) expect(isBoundTo(other, "t0@a.example")).toBe(false);
	});
});
