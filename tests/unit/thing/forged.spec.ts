// Who says it matters: each word of power from everyone, and what comes of it.
import { dialects } from "../../../src/iot/dialect.js";
import { LifeCycle } from "../../../src/thing/life-cycle.js";
import type { Vault } from "../../../src/thing/vault.js";
import { DOMAIN, idOf } from "../../support/session-bench.js";
import { fakeRandom } from "../../support/storage.js";
import { ThingBench } from "../../support/thing-bench.js";

const REGISTRY = "registry.a.example";
const SERVICE = "provisioning.a.example";
const OWNER = "owner@b.example";
const FRIEND = "friend@b.example";
const READER = "reader@b.example/x";

/** Full JIDs, as the broker stamps them. */
const senders: Readonly<Record<string, string>> = {
	registry: REGISTRY,
	service: SERVICE,
	owner: `${OWNER}/phone`,
	friend: `${FRIEND}/x`,
	stranger: "stranger@c.example/x",
	"another component": "evil.a.example",
	"a user of the same domain": `user@${DOMAIN}/x`,
	"the domain": DOMAIN,
	"a user at the registry": `registry@${REGISTRY}`,
	"a resource of the registry": `${REGISTRY}/x`,
	"a resource of the service": `${SERVICE}/x`,
	"a longer name": "provisioning.a.example.evil"
};

/** Who is obeyed; how all others are answered. */
const words: Readonly<Record<string, readonly [obeyed: readonly string[], otherwise: "forbidden" | "silence" | "service-unavailable"]>> = {
	claimed: [["registry"], "forbidden"],
	removed: [["registry"], "forbidden"],
	disowned: [["registry"], "forbidden"],
	clearCache: [["service"], "forbidden"],
	friend: [["service"], "silence"],
	unfriend: [["service"], "silence"],
	"an answer to canRead": [["service"], "silence"],
	"an answer to canControl": [["service"], "silence"],
	"an answer to isFriend": [["service"], "silence"],
	"a subscription approved": [[], "silence"],
	"a subscription ended": [[], "silence"],
	"a change of the roster": [[], "service-unavailable"]
};

function prepare(vault: Vault): void {
	vault.write("registry", { jid: REGISTRY, dialect: "xep", domain: DOMAIN });
	vault.write("provisioning", { jid: SERVICE, dialect: "xep", domain: DOMAIN });
	const life = new LifeCycle(vault, fakeRandom());
	life.take("account");
	life.take("claimed", { owner: OWNER, public: false });
}

function online(): ThingBench {
	const bench = new ThingBench({}, prepare);
	bench.online();
	// The service has had its time to speak first.
	bench.time.pass(3000);
	bench.line.take();
	return bench;
}

/** What came of it: obeyed, or the words of the answer, or silence. */
function outcome(word: string, from: string, dialect: (typeof dialects)[number]): string {
	const bench = online();
	const { discovery, provisioning } = dialect;
	const set = (payload: string): string => bench.ask(payload, from, "set");
	const answered = (said: string, obeyed: boolean): string =>
		obeyed ? "obeyed" : (/<(forbidden|service-unavailable) /.exec(said)?.[1] ?? (said === "" ? "silence" : said));
	const message = (payload: string): string => bench.say(`<message from='${from}' to='${bench.thing.jid}'>${payload}</message>`);
	const presence = (type: string): string => bench.say(`<presence type='${type}' from='${from}' to='${bench.bare}'/>`);
	switch (word) {
		case "claimed": {
			const again = set(`<claimed xmlns='${discovery}' jid='${OWNER}' public='true'/>`);
			const said = set(`<claimed xmlns='${discovery}' jid='mallory@c.example'/>`);
			expect(bench.thing.owner).toBe(OWNER);
			return answered(said, again.includes("type='result'") && said.includes("<not-allowed"));
		}
		case "removed":
		case "disowned": {
			const said = set(`<${word} xmlns='${discovery}'/>`);
			return answered(said, bench.thing.state === word);
		}
		case "clearCache": {
			const ask = (): string => {
				bench.ask("<req xmlns='urn:xmpp:iot:sensordata' seqnr='1' all='true'/>", READER);
				bench.time.pass(0);
				return bench.line.take();
			};
			const question = ask();
			bench.say(
				`<iq type='result' id='${idOf(question)}' from='${SERVICE}'><canReadResponse xmlns='${dialects[0]!.provisioning}' jid='reader@b.example' result='false'/></iq>`
			);
			const said = set(`<clearCache xmlns='${provisioning}'/>`);
			return answered(said, ask().includes("<canRead "));
		}
		case "friend":
			return answered("", message(`<friend xmlns='${provisioning}' jid='new@c.example'/>`).includes("to='new@c.example' type='subscribe'"));
		case "unfriend":
			return answered("", message(`<unfriend xmlns='${provisioning}' jid='${FRIEND}'/>`).includes("subscription='remove'"));
		case "an answer to canRead":
		case "an answer to canControl":
		case "an answer to isFriend": {
			const name = word.slice("an answer to ".length);
			if (name === "canRead") bench.ask("<req xmlns='urn:xmpp:iot:sensordata' seqnr='1' all='true'/>", READER);
			else if (name === "canControl") bench.ask("<set xmlns='urn:xmpp:iot:control'><boolean name='Relay' value='1'/></set>", READER, "set");
			else bench.say(`<presence type='subscribe' from='reader@b.example' to='${bench.bare}'/>`);
			bench.time.pass(0);
			const question = bench.line.take();
			expect(question).toContain(`<${name} `);
			// The thing asked in the one dialect: in another nothing is an answer to it.
			const space = dialects[0]!.provisioning;
			const said = bench.say(
				`<iq type='result' id='${idOf(question)}' from='${from}'><${name}Response xmlns='${space}' jid='reader@b.example' result='true'/></iq>`
			);
			bench.time.pass(0);
			return answered(said, bench.samples.length > 0 || bench.sets.length > 0 || said.includes("type='subscribed'"));
		}
		case "a subscription approved":
			return answered(presence("subscribed"), false);
		case "a subscription ended":
			return answered(presence("unsubscribed"), false);
		default:
			return answered(set("<query xmlns='jabber:iq:roster'><item jid='mallory@c.example' subscription='both'/></query>"), false);
	}
}

describe.each(dialects.map((dialect) => [dialect.name, dialect] as const))(
	"R-347-25 R-324-11 R-324-12 R-324-27 in the %s dialect",
	(_name, dialect) => {
		test.each(Object.keys(words))("%s", (word) => {
			const [obeyed, otherwise] = words[word]!;
			const table: Record<string, string> = {};
			const wanted: Record<string, string> = {};
			for (const sender of Object.keys(senders)) {
				table[sender] = outcome(word, senders[sender]!, dialect);
				wanted[sender] = obeyed.includes(sender) ? "obeyed" : otherwise;
			}
			expect(table).toEqual(wanted);
		});
	}
);
