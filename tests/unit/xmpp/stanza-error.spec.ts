// Stanza errors in both directions.
import { type Condition, parseStanzaError, writeStanzaError } from "../../../src/xmpp/stanza-error.js";
import { stanza, Wire } from "../../support/wire.js";

const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";

/** RFC 6120 8.3.3. */
const table: [Condition, string][] = [
	["bad-request", "modify"],
	["conflict", "cancel"],
	["feature-not-implemented", "cancel"],
	["forbidden", "auth"],
	["gone", "cancel"],
	["internal-server-error", "cancel"],
	["item-not-found", "cancel"],
	["jid-malformed", "modify"],
	["not-acceptable", "modify"],
	["not-allowed", "cancel"],
	["not-authorized", "auth"],
	["policy-violation", "modify"],
	["recipient-unavailable", "wait"],
	["redirect", "modify"],
	["registration-required", "auth"],
	["remote-server-not-found", "cancel"],
	["remote-server-timeout", "wait"],
	["resource-constraint", "wait"],
	["service-unavailable", "cancel"],
	["subscription-required", "auth"],
	["undefined-condition", "cancel"],
	["unexpected-request", "wait"]
];

function written(...words: [Condition, string?, ("cancel" | "wait")?]): string {
	const wire = new Wire();
	writeStanzaError(wire.open("iq"), ...words);
	wire.send();
	return wire.take()[0]!;
}

describe("stanza errors", () => {
	test.each(table)("%s goes out as %s and is read back", (condition, type) => {
		const text = written(condition);
		expect(text).toBe(`<iq><error type='${type}'><${condition} xmlns='${STANZAS}'/></error></iq>`);
		expect(parseStanzaError(stanza(text))).toEqual({ condition, type });
	});

	test("text and another type go along", () => {
		const text = written("forbidden", "No <access>", "cancel");
		expect(text).toBe(
			`<iq><error type='cancel'><forbidden xmlns='${STANZAS}'/><text xmlns='${STANZAS}' xml:lang='en'>No &lt;access&gt;</text></error></iq>`
		);
		expect(parseStanzaError(stanza(text))).toEqual({ condition: "forbidden", type: "cancel", text: "No <access>" });
	});

	test.each([
		["no error element (slixmpp)", "<rejected xmlns='urn:xmpp:iot:sensordata' seqnr='1'/>"],
		["an empty error", "<error type='cancel'/>"],
		["a condition nobody defined", `<error type='cancel'><no-luck xmlns='${STANZAS}'/></error>`],
		["a name of Object", `<error type='cancel'><constructor xmlns='${STANZAS}'/></error>`],
		["a condition in another namespace", "<error type='cancel'><conflict xmlns='urn:example'/></error>"]
	])("%s is an undefined condition", (_, content) => {
		expect(parseStanzaError(stanza(`<iq type='error'>${content}</iq>`))).toEqual({ condition: "undefined-condition", type: "cancel" });
	});

	test("an error beside its request, with an application's element and no type, is found", () => {
		const content = `<error><paramError xmlns='urn:xmpp:iot:control'/><item-not-found xmlns='${STANZAS}'/></error>`;
		expect(parseStanzaError(stanza(`<iq type='error'><query xmlns='urn:example'/>${content}</iq>`))).toEqual({
			condition: "item-not-found",
			type: "cancel"
		});
	});
});
