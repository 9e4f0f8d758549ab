// The thing's account at its broker: stored before it is asked for, so that a power cut costs no second one.
import type { Host } from "../host.js";
import { encodeBase32 } from "../text/base32.js";
import { decodeBase64, encodeBase64 } from "../text/base64.js";
import type { Account, AccountStore, ServerHabits } from "../xmpp/account.js";
import { isBinding, sameChoice } from "../xmpp/mechanism.js";
import type { ScramKeys } from "../xmpp/scram.js";
import type { Vault } from "./vault.js";

const ACCOUNT = "account";
/** A cache only: saves the chip a PBKDF2 per login. */
const KEYS = "scram";
/** A cache as well: saves a login the waiting for what the broker will say anyway. */
const HABITS = "server";
/** What the broker gave to log in with, as secret as the password. */
const TOKENS = "tokens";

export class Accounts implements AccountStore {
	#vault: Vault;
	#random: Host["random"];
	#domain: string;
	#account: Account | undefined;
	#habits: ServerHabits | undefined;
	/** There was an account, at another broker. */
	readonly moved: boolean;

	constructor(vault: Vault, random: Host["random"], domain: string) {
		this.#vault = vault;
		this.#random = random;
		this.#domain = domain;
		const record = vault.read(ACCOUNT);
		const whole = typeof record?.username === "string" && typeof record.password === "string";
		this.moved = whole && record.domain !== domain;
		if (whole && !this.moved)
			this.#account = Object.freeze({
				username: String(record.username),
				password: String(record.password),
				registered: record.registered === true
			});
		this.#habits = this.#loadHabits();
	}

	habits(): ServerHabits | undefined {
		return this.#habits;
	}

	/** Written only when something has changed: flash wears out, and a thing logs in often. */
	keepHabits(habits: ServerHabits): void {
		const old = this.#habits;
		const { mechanism, binding, inline, sm, refusals } = habits;
		if (old && sameChoice(old, habits) && old.sm === sm && old.refusals === refusals) return;
		this.#habits = Object.freeze({ mechanism, binding, inline, sm, refusals });
		try {
			this.#vault.write(HABITS, { ...this.#habits, domain: this.#domain });
		} catch {
			// The next boot waits once.
		}
	}

	#loadHabits(): ServerHabits | undefined {
		const record = this.#vault.read(HABITS);
		const { mechanism, binding, inline } = record ?? {};
		if (mechanism !== "SCRAM-SHA-256" && mechanism !== "SCRAM-SHA-1") return undefined;
		if (!isBinding(binding) || typeof inline !== "number") return undefined;
		if (record?.domain !== this.#domain || typeof record.sm !== "boolean" || typeof record.refusals !== "number") return undefined;
		return Object.freeze({ mechanism, binding, inline, sm: record.sm, refusals: record.refusals });
	}

	account(): Account | undefined {
		return this.#account;
	}

	/** Both random: 80 bits of name so that no two things meet, 128 of password. */
	propose(): Account {
		this.#store({ username: encodeBase32(this.#random(10)), password: encodeBase32(this.#random(16)), registered: false });
		return this.#account!;
	}

	confirm(): void {
		const account = this.#account;
		if (account !== undefined && !account.registered) this.#store({ ...account, registered: true });
	}

	keys(mechanism: string, salt: string, iterations: number): ScramKeys | undefined {
		const record = this.#vault.read(KEYS);
		if (record === undefined || record.username !== this.#account?.username) return undefined;
		if (record.mechanism !== mechanism || record.salt !== salt || record.iterations !== iterations) return undefined;
		const clientKey = typeof record.clientKey === "string" ? decodeBase64(record.clientKey) : undefined;
		const serverKey = typeof record.serverKey === "string" ? decodeBase64(record.serverKey) : undefined;
		return clientKey === undefined || serverKey === undefined ? undefined : { clientKey, serverKey };
	}

	keepKeys(mechanism: string, salt: string, iterations: number, keys: ScramKeys): void {
		try {
			this.#vault.write(KEYS, {
				username: this.#account?.username,
				mechanism,
				salt,
				iterations,
				clientKey: encodeBase64(keys.clientKey),
				serverKey: encodeBase64(keys.serverKey)
			});
		} catch {
			// The next login derives them again.
		}
	}

	tokens(): readonly string[] {
		const record = this.#vault.read(TOKENS);
		const mine = record && record.username === this.#account?.username && typeof record.tokens === "string";
		return mine ? String(record.tokens).split("\n") : [];
	}

	/** With none, none is left behind: a thing that is handed over keeps no way in. */
	keepTokens(tokens: readonly string[]): void {
		const text = tokens.join("\n");
		if (text === this.tokens().join("\n")) return;
		try {
			if (text === "") this.#vault.delete(TOKENS);
			else this.#vault.write(TOKENS, { username: this.#account?.username, tokens: text });
		} catch {
			// What was given before is good until this has been used.
		}
	}

	#store(account: Account): void {
		this.#vault.write(ACCOUNT, { ...account, domain: this.#domain });
		this.#account = Object.freeze({ ...account });
	}
}
