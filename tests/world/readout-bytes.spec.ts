// What one readout costs on the wire: the bars of docs/DESIGN.md, section 8, held by every run of the suites. `make bench-wire` measures the same on a real broker.
import { jidLengths, Ledger, type ReadoutDialect, readoutBars, readouts, withoutAcknowledgements } from "../support/ledger.js";
import { claimed } from "./owned.js";
import { World } from "./world.js";
import { type Element, xml } from "./xml.js";

/** With it the thing's full JID has the length that the bar is set for. */
const DOMAIN = "weather12.example";

interface Readout {
	readonly answer: Element | undefined;
	readonly heard: string;
	readonly said: string;
}

/** The thing's side of one readout of its temperature by its owner, acknowledgements left out. */
function readout(dialect: ReadoutDialect): Readout {
	const world = new World("readout-bytes", { domain: DOMAIN });
	const ledger = new Ledger();
	const { owner, jid: to } = claimed(world, "me", (network) => ledger.wrap(network));
	// Until nothing is due any more.
	world.clock.pass(30_000);
	expect({ reader: owner.jid.length, thing: to.length }).toEqual(jidLengths);
	ledger.take();
	const { namespace, request, field, name } = readouts[dialect];
	const payload = xml("req", { xmlns: namespace, ...request }, xml(field, { [name]: "Temperature" }));
	owner.send(xml("iq", { type: "get", to, id: "1" }, payload));
	world.clock.pass(5000);
	const { said, heard } = ledger.take();
	return { answer: owner.answer("1"), said: withoutAcknowledgements(said), heard: withoutAcknowledgements(heard) };
}

test("a momentary readout of one field takes 650 bytes at most in the xep dialect, both ways", () => {
	const { answer, said, heard } = readout("xep");
	expect(answer?.attrs.type).toBe("result");
	expect(heard).toMatch(/^<iq [^>]*><req .*<\/iq>$/);
	expect(said).toMatch(/^<iq [^>]*><accepted .*<message .*value='21\.5'.*<\/message>$/);
	expect(said).toContain(readouts.xep.done);
	expect(said.length + heard.length).toBeLessThanOrEqual(readoutBars.xep);
});

test("R-323-29 in the ieee dialect 400 bytes at most, and no message beside the result", () => {
	const { answer, said, heard } = readout("ieee");
	expect(answer?.attrs.type).toBe("result");
	expect(heard).toMatch(/^<iq [^>]*><req .*<\/iq>$/);
	expect(said).toMatch(
		/^<iq [^>]*><resp xmlns='urn:ieee:iot:sd:1.0' id='1'><ts v='[^']+'><q n='Temperature' m='true' v='21\.5' u='[^']+'\/><\/ts><\/resp><\/iq>$/
	);
	expect(said.length + heard.length).toBeLessThanOrEqual(readoutBars.ieee);
});
