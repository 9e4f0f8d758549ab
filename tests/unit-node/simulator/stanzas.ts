// What a broker brings to a thing that is claimed: from its owner, from strangers, from whoever means it no good. Endless, from a seed.
import { Dice } from "../../world/dice.js";

export interface Addresses {
	/** Full JIDs. */
	readonly thing: string;
	readonly owner: string;
	readonly domain: string;
}

const texts: readonly string[] = Object.freeze([
	"hello",
	"",
	"grüß Gott",
	"日本語の文字",
	"😀😀😀",
	"&lt;b&gt; &amp; &#x1F600;",
	"a]]&gt;b",
	"\t\n "
]);
const fields: readonly string[] = Object.freeze(["Temperature", "Humidity", "Pressure", "Relay", "Nothing", "temperature", "Größe"]);
const conditions: readonly string[] = Object.freeze(["item-not-found", "service-unavailable", "remote-server-timeout", "gone"]);
/** Both dialects' words for a readout. */
const readouts = Object.freeze([
	Object.freeze({
		...{ namespace: "urn:xmpp:iot:sensordata", sequence: "seqnr", field: "field name", cancel: "get" },
		flags: Object.freeze([" momentary='true'", " all='true'", " identity='true' status='1'", "", " momentary='maybe'"])
	}),
	Object.freeze({
		...{ namespace: "urn:ieee:iot:sd:1.0", sequence: "id", field: "f n", cancel: "set" },
		flags: Object.freeze([" m='true'", " all='true'", " i='true' s='1'", "", " m='maybe'"])
	})
] as const);

export class Stanzas {
	/** get and set so far: each must be answered once. */
	requests = 0;
	readonly #dice: Dice;
	readonly #addresses: Addresses;
	readonly #nodes: readonly string[];
	#count = 0;

	/** `nodes`: ids that readouts and sets name, some of them. */
	constructor(seed: number | string, addresses: Addresses, nodes: readonly string[] = []) {
		this.#dice = new Dice(seed);
		this.#addresses = addresses;
		this.#nodes = nodes;
	}

	next(): string {
		const dice = this.#dice;
		this.#count++;
		const owner = dice.below(2) === 0;
		const from = owner ? this.#addresses.owner : this.#stranger();
		switch (dice.below(14)) {
			case 0:
				return this.#request("get", from, "<ping xmlns='urn:xmpp:ping'/>");
			case 1:
			case 2:
				return this.#request("get", from, this.#readout());
			case 3:
				return this.#cancel(from);
			case 4:
				return this.#presence(owner);
			case 5:
				return this.#message(from);
			case 6:
				return this.#answer(from);
			case 7:
				return this.#request("get", from, this.#pick(["<query xmlns='jabber:iq:version'/>", "<time xmlns='urn:xmpp:time'/>"]));
			case 8:
				return this.#request("get", from, this.#info());
			case 9:
				return this.#request("set", this.#stranger(), this.#forged());
			case 10:
				return this.#push();
			case 11:
				return this.#request("set", from, this.#set());
			case 12:
				return `<message from='${from}' to='${this.#addresses.thing}'>${this.#set()}</message>`;
			default:
				return this.#request(dice.below(2) === 0 ? "get" : "set", from, this.#unknown());
		}
	}

	/** What leaves the thing in the same state every time. */
	ping(): string {
		return this.#request("get", this.#addresses.owner, "<ping xmlns='urn:xmpp:ping'/>");
	}

	#pick<T>(list: readonly T[]): T {
		return list[this.#dice.below(list.length)]!;
	}

	#stranger(): string {
		return `s${this.#dice.below(1000)}@${this.#pick([this.#addresses.domain, "elsewhere.example"])}/${this.#dice.word(6)}`;
	}

	#request(type: "get" | "set", from: string, payload: string): string {
		this.requests++;
		return `<iq type='${type}' id='q${this.#count}' from='${from}' to='${this.#addresses.thing}'>${payload}</iq>`;
	}

	#readout(): string {
		const dice = this.#dice;
		const words = this.#pick(readouts);
		const sequence = dice.below(40) === 0 ? "" : ` ${words.sequence}='${dice.below(50)}'`;
		const flags = this.#pick<string>(words.flags);
		const names = Array.from({ length: dice.below(3) }, () => `<${words.field}='${this.#pick(fields)}'/>`).join("");
		return `<req xmlns='${words.namespace}'${sequence}${flags}>${this.#named(words.sequence === "seqnr")}${names}</req>`;
	}

	#cancel(from: string): string {
		const { namespace, sequence, cancel } = this.#pick(readouts);
		return this.#request(cancel, from, `<cancel xmlns='${namespace}' ${sequence}='${this.#dice.below(50)}'/>`);
	}

	#set(): string {
		const dice = this.#dice;
		const long = dice.below(2) === 0;
		const value = this.#pick(["true", "0", "maybe", ""]);
		const name = this.#pick(fields);
		const one = long ? `<boolean name='${name}' value='${value}'/>` : `<b n='${name}' v='${value}'/>`;
		const more = dice.below(20) === 0 ? one.repeat(40) : dice.below(20) === 0 ? "<x/>" : "";
		return `<set xmlns='${long ? "urn:xmpp:iot:control" : "urn:ieee:iot:ctr:1.0"}'>${this.#named(long)}${one}${more}</set>`;
	}

	/** Up to four nodes, in the XEP's words or the others. */
	#named(long: boolean): string {
		if (this.#nodes.length === 0) return "";
		const more = this.#pick(["", "", long ? " sourceId='s'" : " src='s'"]);
		const one = (): string =>
			long ? `<node nodeId='${this.#pick(this.#nodes)}'${more}/>` : `<nd id='${this.#pick(this.#nodes)}'${more}/>`;
		return Array.from({ length: this.#dice.below(5) }, one).join("");
	}

	/** The owner's own state is left as it is: what is measured must be comparable. */
	#presence(owner: boolean): string {
		const from = owner ? this.#addresses.owner : this.#stranger();
		const type = owner
			? ""
			: this.#pick(["", " type='unavailable'", " type='subscribe'", " type='unsubscribe'", " type='probe'", " type='error'"]);
		return `<presence from='${from}' to='${this.#addresses.thing}'${type}><show>away</show><priority>5</priority></presence>`;
	}

	#message(from: string): string {
		const dice = this.#dice;
		const type = this.#pick(["chat", "normal", "error", "headline", "groupchat"]);
		const body = this.#pick(texts).repeat(1 + dice.below(20));
		const bulk = dice.below(50) === 0 ? `<blob xmlns='urn:example:blob'>${"<x>0123456789</x>".repeat(50 + dice.below(1500))}</blob>` : "";
		return `<message type='${type}' id='m${this.#count}' from='${from}' to='${this.#addresses.thing}'><body>${body}</body>${bulk}</message>`;
	}

	#answer(from: string): string {
		const head = `id='${this.#pick(["a", "1", "q"])}${this.#dice.below(100)}' from='${from}' to='${this.#addresses.thing}'`;
		if (this.#dice.below(2) === 0) return `<iq type='result' ${head}/>`;
		const condition = `<${this.#pick(conditions)} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`;
		return `<iq type='error' ${head}><error type='cancel'>${condition}</error></iq>`;
	}

	#info(): string {
		const node = this.#dice.below(3) === 0 ? ` node='${this.#dice.word(8)}'` : "";
		return `<query xmlns='http://jabber.org/protocol/disco#${this.#pick(["info", "items"])}'${node}/>`;
	}

	/** What only the registry, the owner's account or the owner may say. */
	#forged(): string {
		return this.#pick([
			"<claimed xmlns='urn:xmpp:iot:discovery' jid='mallory@elsewhere.example'/>",
			"<disowned xmlns='urn:xmpp:iot:discovery'/>",
			"<removed xmlns='urn:xmpp:iot:discovery'/>",
			"<query xmlns='jabber:iq:roster'><item jid='mallory@elsewhere.example' subscription='both'/></query>"
		]);
	}

	/** The account's own roster changes. */
	#push(): string {
		this.requests++;
		const contact = `c${this.#dice.below(500)}@${this.#addresses.domain}`;
		const item = `<item jid='${contact}' subscription='${this.#pick(["none", "to", "remove"])}'/>`;
		return `<iq type='set' id='p${this.#count}' to='${this.#addresses.thing}'><query xmlns='jabber:iq:roster'>${item}</query></iq>`;
	}

	#unknown(): string {
		const depth = this.#dice.below(12);
		const attributes = Array.from({ length: this.#dice.below(10) }, (_, at) => ` a${at}='${this.#dice.word(5)}'`).join("");
		return `<u xmlns='urn:example:${this.#dice.word(6)}'${attributes}>${"<v>".repeat(depth)}${this.#pick(texts)}${"</v>".repeat(depth)}</u>`;
	}
}
