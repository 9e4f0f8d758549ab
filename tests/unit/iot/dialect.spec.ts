// The table of wire names.
import { dialectOf, dialects, namespaces } from "../../../src/iot/dialect.js";

describe("dialects", () => {
	test.each([
		["urn:xmpp:iot:discovery", "discovery", "xep"],
		["urn:ieee:iot:disco:1.0", "discovery", "ieee"],
		["urn:xmpp:iot:sensordata", "sensorData", "xep"],
		["urn:ieee:iot:sd:1.0", "sensorData", "ieee"],
		["urn:xmpp:iot:provisioning", "provisioning", "xep"],
		["urn:ieee:iot:prov:d:1.0", "provisioning", "ieee"]
	] as const)("%s is %s in %s", (namespace, what, name) => {
		expect(dialectOf(namespace, what)?.name).toBe(name);
		expect(dialectOf(namespace)?.name).toBe(name);
		expect(dialectOf(namespace, what === "discovery" ? "sensorData" : "discovery")).toBeUndefined();
	});

	test.each(["", "xep", "nodeId", "urn:nf:iot:disco:1.0", "URN:XMPP:IOT:DISCOVERY"])("%j is in no dialect", (namespace) => {
		expect(dialectOf(namespace)).toBeUndefined();
	});

	test("the lists of namespaces are in the order of the rows", () => {
		expect(namespaces.discovery).toEqual(["urn:xmpp:iot:discovery", "urn:ieee:iot:disco:1.0"]);
		expect(namespaces.sensorData).toEqual(["urn:xmpp:iot:sensordata", "urn:ieee:iot:sd:1.0"]);
		expect(namespaces.provisioning).toEqual(["urn:xmpp:iot:provisioning", "urn:ieee:iot:prov:d:1.0"]);
		expect(namespaces.control).toEqual(["urn:xmpp:iot:control", "urn:ieee:iot:ctr:1.0"]);
		for (const list of Object.values(namespaces)) expect(Object.isFrozen(list)).toBe(true);
	});

	test("every list of words has as many as the XEP's", () => {
		for (const dialect of dialects) {
			expect(dialect.categories).toHaveLength(dialects[0]!.categories.length);
			expect(dialect.types).toHaveLength(dialects[0]!.types.length);
			expect(dialect.tokens).toHaveLength(3);
		}
	});

	test("xep is preferred, and nobody changes a row", () => {
		expect(dialects.map((dialect) => dialect.name)).toEqual(["xep", "ieee"]);
		expect(dialects.every((dialect) => Object.isFrozen(dialect))).toBe(true);
	});
});
