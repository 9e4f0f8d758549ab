// Joins the service to a broker's component port (XEP-0114) by @xmpp/component, again and again while it is wanted.

import { createHmac, randomBytes } from "node:crypto";
import { type Component, component } from "@xmpp/component";
import type { AuditOptions } from "./audit.js";
import { blind, sha256 } from "./digest.js";
import type { KeyOffice } from "./keys.js";
import type { RegistryEvent } from "./registry.js";
import { type DialectName, Service } from "./service.js";
import type { Store } from "./store.js";
import { x509 } from "./x509.js";

const RECONNECT = 250;

export interface ComponentOptions {
	readonly jid: string;
	readonly secret: string;
	readonly port: number;
	readonly store: Store;
	/** What was written down of `event`, where that is. */
	readonly audited?: AuditOptions["audited"];
	/** A secret of this box. */
	readonly pepper: string;
	/** Where the broker serves, and who adds API keys. */
	readonly domain: string;
	readonly operator: string;
	/** No account without an API key, even while there is none. */
	readonly signedOnly: boolean;
	/** The only one that is spoken; both when absent. */
	readonly dialect?: DialectName;
	event(event: RegistryEvent): void;
	log(line: string): void;
}

export class RegistryComponent {
	readonly #options: ComponentOptions;
	readonly #service: Service;
	#entity: Component | undefined;
	#waiting: (() => void)[] = [];
	/** A key for the accounts that the box itself makes in this run. */
	readonly own = Object.freeze({ key: randomBytes(16).toString("hex"), secret: randomBytes(16).toString("hex") });

	constructor(options: ComponentOptions) {
		this.#options = options;
		this.#service = new Service({
			jid: options.jid,
			dialect: options.dialect,
			store: options.store,
			now: () => Date.now(),
			sha256: (text) => blind(options.pepper, sha256(text)),
			later: (milliseconds, callback) => {
				const timer = setTimeout(() => this.#guard(callback), milliseconds);
				return () => clearTimeout(timer);
			},
			x509,
			nonce: randomBytes(5).toString("hex"),
			secret: () => randomBytes(16).toString("hex"),
			send: (stanza) => {
				// Whatever cannot be sent now is lost with the connection, and its asker with it.
				this.#entity?.send(stanza).catch(() => {});
			},
			event: options.event,
			audit: options.audited && { operator: options.operator, audited: options.audited },
			office: {
				...{ domain: options.domain, operator: options.operator, signedOnly: options.signedOnly, own: this.own },
				hmac: (key, text) => createHmac("sha1", key).update(text).digest("base64")
			}
		});
	}

	get office(): KeyOffice {
		return this.#service.office!;
	}

	start(): void {
		const { jid, secret, port } = this.#options;
		const entity = component({ service: `xmpp://127.0.0.1:${port}`, domain: jid, password: secret });
		this.#entity = entity;
		entity.reconnect.delay = RECONNECT;
		// Its own middleware would answer before us.
		entity.removeAllListeners("element");
		// It decodes each chunk by itself, and so breaks characters that TCP has cut.
		entity.on("connect", () => entity.socket?.setEncoding("utf8"));
		entity.on("stanza", (stanza) => this.#guard(() => this.#service.receive(stanza)));
		entity.on("online", () => {
			this.#guard(() => this.#service.connected());
			for (const resolve of this.#waiting.splice(0)) resolve();
		});
		entity.on("disconnect", () => this.#guard(() => this.#service.disconnected()));
		// It tries again by itself; while Prosody is down there is nothing else to say.
		entity.on("error", (error) => {
			if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") this.#options.log(`registry: ${error.message}`);
		});
		entity.start().catch(() => {});
	}

	/** Settles when the registry can be reached through the broker. */
	async online(): Promise<void> {
		if (this.#entity?.status === "online") return;
		await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	async stop(): Promise<void> {
		const entity = this.#entity;
		this.#entity = undefined;
		if (entity === undefined) return;
		entity.reconnect.stop();
		if (entity.status === "online") await entity.stop().catch(() => {});
		this.#service.disconnected();
	}

	/** One stanza that breaks the logic must not end the box. */
	#guard(action: () => void): void {
		try {
			action();
		} catch (error) {
			this.#options.log(`registry: ${error instanceof Error ? error.stack : error}`);
		}
	}
}
