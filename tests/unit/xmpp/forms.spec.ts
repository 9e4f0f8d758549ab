// Data forms: what is asked is read, what is answered is exactly that.
import { missingField, parseForm, writeSubmit } from "../../../src/xmpp/forms.js";
import { stanza, Wire } from "../../support/wire.js";

function form(fields: string, type = "form") {
	return parseForm(stanza(`<x xmlns='jabber:x:data' type='${type}'>${fields}</x>`));
}

describe("forms", () => {
	test("only a form to fill in is one", () => {
		expect(form("", "result")).toBeUndefined();
		expect(form("", "submit")).toBeUndefined();
		expect(parseForm(stanza("<x xmlns='jabber:x:oob' type='form'/>"))).toBeUndefined();
	});

	test("fields are read with type, need and values", () => {
		expect(
			form(
				"<field var='FORM_TYPE' type='hidden'><value>urn:x</value></field><field type='fixed'><value>Hi</value></field><field var='a'><required/><value>1</value><value/></field><reported/>"
			)
		).toEqual({
			purpose: "urn:x",
			fields: [
				{ name: "FORM_TYPE", type: "hidden", required: false, values: ["urn:x"] },
				{ name: "", type: "fixed", required: false, values: ["Hi"] },
				{ name: "a", type: "text-single", required: true, values: ["1", ""] }
			]
		});
	});

	test("a required field is missing only without a value of ours or of the form's", () => {
		const asked = form(
			"<field var='a'><required/></field><field var='b'><required/><value>x</value></field><field var='c'/><field var='d' type='hidden'><required/></field><field var='e'><required/></field>"
		)!;
		expect(missingField(asked, new Map())).toBe("a");
		expect(missingField(asked, new Map([["a", "1"]]))).toBe("e");
		expect(
			missingField(
				asked,
				new Map([
					["a", "1"],
					["e", ""]
				])
			)
		).toBeUndefined();
	});

	test("the answer cannot change a hidden field, and repeats every value of it", () => {
		const wire = new Wire();
		const asked = form("<field var='token' type='hidden'><value>1</value><value>2</value></field><field var='empty' type='hidden'/>")!;
		writeSubmit(wire.open("iq"), asked, new Map([["token", "mine"]]));
		wire.send();
		expect(wire.take()).toEqual([
			"<iq><x xmlns='jabber:x:data' type='submit'><field var='token'><value>1</value><value>2</value></field><field var='empty'/></x></iq>"
		]);
	});
});
