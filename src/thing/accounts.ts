// The thing's account at its broker: stored before it is asked for, so that a power cut costs no second one.
import type { Host } from "../host.js";
import { encodeBase32 } from "../text/base32.js";
import { decodeBase64, encodeBase64 } from "../text/base64.js";
import type { Account, AccountStore, ServerHabits } from "../xmpp/account.js";
import { isBinding, isMechanism, sameChoice } from "../xmpp/mechanism.js";
import type { ScramKeys } from "../xmpp/scram.js";
import type { LifeCycle } from "./life-cycle.js";
import type { Vault } from "./vault.js";

const ACCOUNT = "account";
/** A cache only: saves the chip a PBKDF2 per login. */
const KEYS = "scram";
/** A cache as well: saves a login the waiting for what the broker will say anyway. */
const HABITS = "server";
/** What the broker gave to log in with, as secret as the password. */
const TOKENS = "tokens";

/** As it is stored. */
type Kept = {
	readonly username: string;
	readonly password: string;
	readonly registered: boolean;
	/** Of the thing's life, in which the last password was made. */
	readonly era: number | undefined;
	/** The password that the server was, or is to be, asked to take instead; whether it has is not known yet. */
	readonly next: string | undefined;
	readonly domain: string;
};

export class Accounts implements AccountStore {
	#vault: Vault;
	#random: Host["random"];
	#domain: string;
	#life: Pick<LifeCycle, "era" | "state">;
	#kept: Kept | undefined;
	/** The server has refused the next password since it was sent. */
	#refused = false;
	/** It is being asked to take it. */
	#changing = false;
	#habits: ServerHabits | undefined;
	#candidate: string | undefined;
	/** There was an account, at another broker. */
	readonly moved: boolean;

	/** `certified`: the account that the host has a client certificate for, in place of any that is kept. */
	constructor(vault: Vault, random: Host["random"], domain: string, life: Pick<LifeCycle, "era" | "state">, certified?: string) {
		this.#vault = vault;
		this.#random = random;
		this.#domain = domain;
		this.#life = life;
		const record = vault.read(ACCOUNT);
		const { username, password, registered, era, next } = record ?? {};
		const whole = typeof username === "string" && typeof password === "string";
		this.moved = whole && record?.domain !== domain;
		const known = typeof next === "string" ? next : undefined;
		if (whole && !this.moved)
			this.#kept = {
				username,
				password,
				registered: registered === true,
				era: typeof era === "number" ? era : undefined,
				next: known,
				domain
			};
		if (certified) this.#kept = { username: certified, password: "", registered: true, era: undefined, next: undefined, domain };
		this.#habits = this.loadHabits();
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

	private loadHabits(): ServerHabits | undefined {
		const record = this.#vault.read(HABITS);
		const { mechanism, binding, inline } = record ?? {};
		if (!isMechanism(mechanism) || !isBinding(binding) || typeof inline !== "number") return;
		if (record?.domain !== this.#domain || typeof record.sm !== "boolean" || typeof record.refusals !== "number") return;
		return Object.freeze({ mechanism, binding, inline, sm: record.sm, refusals: record.refusals });
	}

	/** With the password to log in by: the next one before the present one. */
	account(): Account | undefined {
		const kept = this.#kept;
		if (!kept) return;
		const { username, password, registered, next } = kept;
		return { username, password: this.#refused ? password : (next ?? password), registered };
	}

	/** 80 random bits, so that no two things meet. */
	candidate(): string {
		this.#candidate ??= encodeBase32(this.#random(10));
		return this.#candidate;
	}

	/** Its password has 128. */
	propose(): Account {
		const domain = this.#domain;
		const username = this.candidate();
		this.#candidate = undefined;
		this.store({
			username,
			password: this.password(),
			registered: false,
			era: this.#life.era,
			next: undefined,
			domain
		});
		return this.account()!;
	}

	confirm(): void {
		const kept = this.#kept;
		if (kept && !kept.registered) this.store({ ...kept, registered: true });
	}

	taken(): void {
		if (this.#refused) this.#refused = false;
		else this.settle(this.#kept?.next);
	}

	refused(): boolean {
		this.#refused = this.#kept?.next != null && !this.#refused;
		// It was to be removed, and the answer to that was lost.
		if (!this.#refused && this.isLeaving) this.forget();
		return this.#refused;
	}

	/** A factory reset takes the account away as well, and has not yet made another. */
	get isLeaving(): boolean {
		return !!this.#kept?.password && this.#life.state === "leaving" && this.#kept.era !== this.#life.era;
	}

	/** It is no more. */
	forget(): void {
		this.#vault.delete(TOKENS);
		this.#vault.delete(ACCOUNT);
		this.#kept = undefined;
	}

	/**
	 * With the password to change to, where the present one is of another time of the thing's life (R-077-6): stored before it is
	 * sent, and no other in its place until the server has shown which of the two it knows. To be followed by changed().
	 */
	change(): Account | undefined {
		const kept = this.#kept;
		const { era, state } = this.#life;
		if (!kept?.password || this.#changing || state === "leaving") return;
		if (kept.next == null) {
			if (kept.era === era) return;
			try {
				this.store({ ...kept, era, next: this.password() });
			} catch {
				// The next login asks again.
				return;
			}
		}
		this.#changing = true;
		// Who logged in by a token or by the present one is asked to take the next all the same.
		this.#refused = false;
		return this.account();
	}

	/** Whether the server took it; undefined where it did not say. What it will not do is not asked again in this time of its life. */
	changed(done: boolean | undefined): void {
		this.#changing = false;
		if (done != null) this.settle(done ? this.#kept?.next : this.#kept?.password);
	}

	keys(mechanism: string, salt: string, iterations: number): ScramKeys | undefined {
		const record = this.#vault.read(KEYS);
		if (!record || record.of !== this.mark) return;
		if (record.mechanism !== mechanism || record.salt !== salt || record.iterations !== iterations) return;
		const clientKey = typeof record.clientKey === "string" ? decodeBase64(record.clientKey) : undefined;
		const serverKey = typeof record.serverKey === "string" ? decodeBase64(record.serverKey) : undefined;
		return clientKey == null || serverKey == null ? undefined : { clientKey, serverKey };
	}

	keepKeys(mechanism: string, salt: string, iterations: number, keys: ScramKeys): void {
		try {
			this.#vault.write(KEYS, {
				of: this.mark,
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
		const mine = record && record.of === this.mark && typeof record.tokens === "string";
		return mine ? String(record.tokens).split("\n") : [];
	}

	/** With none, none is left behind: a thing that is handed over keeps no way in. */
	keepTokens(tokens: readonly string[]): void {
		const text = tokens.join("\n");
		if (text === this.tokens().join("\n")) return;
		try {
			if (text === "") this.#vault.delete(TOKENS);
			else this.#vault.write(TOKENS, { of: this.mark, tokens: text });
		} catch {
			// What was given before is good until this has been used.
		}
	}

	/** By which keys and tokens are known to be of this account and password: a server may keep its salt when that changes. */
	private get mark(): string | undefined {
		return this.account()?.password.slice(0, 8);
	}

	/** The server knows this one: the other is no more. What cannot be stored is found out again by the next boot's login. */
	private settle(password: string | undefined): void {
		const kept = this.#kept;
		if (kept?.next == null || password == null) return;
		const settled = { ...kept, password, next: undefined };
		try {
			this.#vault.delete(TOKENS);
			this.store(settled);
		} catch {
			this.#kept = settled;
		}
	}

	/** 128 bits. */
	private password(): string {
		return encodeBase32(this.#random(16));
	}

	private store(kept: Kept): void {
		this.#vault.write(ACCOUNT, kept);
		this.#kept = kept;
	}
}
