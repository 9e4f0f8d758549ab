// The one iq that a login waits on: there is no address yet, so no router.
import type { Host } from "../host.js";
import { encodeBase32 } from "../text/base32.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import { sameBare } from "./jid.js";
import { NAMESPACE_CLIENT, type XMPPStream } from "./stream.js";

export interface LoginRequestOptions {
	readonly stream: Pick<XMPPStream, "openElement">;
	readonly random: Host["random"];
	readonly domain: string;
}

export class LoginRequest {
	#options: LoginRequestOptions;
	#id: string | undefined;

	constructor(options: LoginRequestOptions) {
		this.#options = options;
	}

	/** Starts another; the one before is awaited no more. */
	open(type: "get" | "set", to?: string): Writer {
		const options = this.#options;
		this.#id = encodeBase32(options.random(5));
		return options.stream.openElement("iq", NAMESPACE_CLIENT).attribute("to", to).attribute("type", type).attribute("id", this.#id);
	}

	/** The answer that is awaited, from our server or our own account `bare` (R-CORE-10). */
	isAnswer(iq: Element, bare: string | undefined): boolean {
		if (this.#id == null || iq.name !== "iq" || iq.namespace !== NAMESPACE_CLIENT || iq.attribute("id") !== this.#id) return false;
		const type = iq.attribute("type");
		const from = iq.attribute("from");
		const isOurs = from == null || sameBare(from, this.#options.domain) || (bare != null && sameBare(from, bare));
		return isOurs && (type === "result" || type === "error");
	}

	/** It was answered. */
	close(): void {
		this.#id = undefined;
	}
}
