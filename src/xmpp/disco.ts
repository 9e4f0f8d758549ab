// What we are and what we can do (XEP-0030), with the hash of it for presence (XEP-0115); and the same asked of others.
import type { Host } from "../host.js";
import { limits } from "../limits.js";
import { encodeBase64 } from "../text/base64.js";
import { encodeUTF8 } from "../text/utf8.js";
import type { IQRequest, IQRouter } from "./iq.js";
import { isJID } from "./jid.js";
import { CAPS, type Caps } from "./presence.js";
import type { StanzaError } from "./stanza-error.js";

export const DISCO_INFO = "http://jabber.org/protocol/disco#info";
export const DISCO_ITEMS = "http://jabber.org/protocol/disco#items";

export interface Identity {
	readonly category: string;
	readonly type: string;
	readonly name?: string;
}

export interface DiscoOptions {
	readonly router: IQRouter;
	readonly identity: Identity;
	/** URI of the software (XEP-0115 4: "node"), usually a page about it. */
	readonly node: string;
	/** Whether this full or bare JID may know what we are; others see what they would see if nobody were there. */
	readonly allowed: (from: string) => boolean;
}

export class Disco {
	readonly node: string;
	#router: IQRouter;
	#identity: Identity;
	#allowed: (from: string) => boolean;
	#features: string[] = [CAPS];
	#verification: string | undefined;

	constructor(options: DiscoOptions) {
		// XEP-0115 5.4 separates by it, unescaped.
		if (options.identity.name?.includes("<")) throw new Error("the name of an identity has no <");
		this.node = options.node;
		this.#router = options.router;
		this.#identity = options.identity;
		this.#allowed = options.allowed;
		this.serve("query", DISCO_INFO, this.answerInfo, this);
		this.serve("query", DISCO_ITEMS, this.answerItems, this);
	}

	/** Sorted, each once. */
	get features(): readonly string[] {
		return this.#features;
	}

	add(feature: string): void {
		if (this.#features.includes(feature)) return;
		this.#features.push(feature);
		this.#features.sort();
		this.#verification = undefined;
	}

	/** A get that those who may know what we are may also ask; its namespace is the feature. */
	serve<T>(name: string, namespace: string, answer: (this: T, request: IQRequest) => void, self?: T): void {
		this.add(namespace);
		this.#router.handle("get", name, namespace, answer, self, this.#allowed);
	}

	/** XEP-0115 5.1, with SHA-1. To be asked for when all features are in. */
	verification(crypto: Pick<Host["crypto"], "digest">): string {
		if (this.#verification == null) {
			const { category, type, name = "" } = this.#identity;
			let text = `${category}/${type}//${name}<`;
			const features = this.#features;
			for (let i = 0; i < features.length; i++) text += `${features[i]!}<`;
			this.#verification = encodeBase64(crypto.digest("SHA-1", encodeUTF8(text)));
		}
		return this.#verification;
	}

	/** What own presence carries. */
	caps(crypto: Pick<Host["crypto"], "digest">): Caps {
		return { node: this.node, ver: this.verification(crypto) };
	}

	private answerInfo(request: IQRequest): void {
		const node = request.payload.attribute("node");
		// XEP-0115 6.2
		if (node != null && node !== `${this.node}#${this.#verification}`) {
			request.fail("item-not-found");
			return;
		}
		const { category, type, name } = this.#identity;
		const writer = request.result().open("query", DISCO_INFO).attribute("node", node);
		writer.open("identity").attribute("category", category).attribute("type", type).attribute("name", name).close();
		const features = this.#features;
		for (let i = 0; i < features.length; i++) writer.open("feature").attribute("var", features[i]!).close();
		request.send();
	}

	private answerItems(request: IQRequest): void {
		if (request.payload.attribute("node") != null) request.fail("item-not-found");
		else {
			request.result().open("query", DISCO_ITEMS);
			request.send();
		}
	}
}

export interface DiscoInfo {
	readonly identities: readonly Identity[];
	readonly features: readonly string[];
}

export interface InfoOptions {
	readonly seconds?: number;
	/** Keep these features only; without it, the first limits.discoFeatures. */
	readonly wanted?: readonly string[];
}

/** Asks what `jid` is. A list of any length is taken feature by feature. */
export function requestInfo(
	router: IQRouter,
	jid: string,
	onInfo: (info: DiscoInfo | undefined, error?: StanzaError) => void,
	options: InfoOptions = {}
): void {
	const identities: Identity[] = [];
	const features: string[] = [];
	router.open("get", jid).open("query", DISCO_INFO);
	router.send((answer) => onInfo(answer.error ? undefined : { identities, features }, answer.error), {
		seconds: options.seconds,
		onPart: (part) => {
			if (part.namespace !== DISCO_INFO) return;
			if (part.name === "feature") {
				const feature = part.attribute("var");
				if (feature == null || features.length >= limits.discoFeatures || features.includes(feature)) return;
				if (!options.wanted || options.wanted.includes(feature)) features.push(feature);
			} else if (part.name === "identity" && identities.length < limits.discoIdentities) {
				const category = part.attribute("category") ?? "";
				identities.push({ category, type: part.attribute("type") ?? "", name: part.attribute("name") });
			}
		}
	});
}

/** Asks for the items of `jid`: each is given as it arrives, those without a node of their own and with a sound JID. */
export function requestItems(
	router: IQRouter,
	jid: string,
	onItem: (jid: string) => void,
	onDone: (error?: StanzaError) => void,
	seconds?: number
): void {
	router.open("get", jid).open("query", DISCO_ITEMS);
	router.send((answer) => onDone(answer.error), {
		seconds,
		onPart: (part) => {
			const item = part.attribute("jid");
			if (part.name !== "item" || part.namespace !== DISCO_ITEMS || item == null) return;
			if (part.attribute("node") == null && isJID(item)) onItem(item);
		}
	});
}
