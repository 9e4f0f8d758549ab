// The thing's account at its broker: stored before it is asked for, so that a power cut costs no second one.
import type { Host } from "../host.js";
import { encodeBase32 } from "../text/base32.js";
import { decodeBase64, encodeBase64 } from "../text/base64.js";
import type { Account, AccountStore } from "../xmpp/account.js";
import type { ScramKeys } from "../xmpp/scram.js";
import type { Vault } from "./vault.js";

const ACCOUNT = "account";
/** A cache only: saves the chip a PBKDF2 per login. */
const KEYS = "scram";

export class Accounts implements AccountStore {
	#vault: Vault;
	#random: Host["random"];
	#domain: string;
	#account: Account | undefined;
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

	#store(account: Account): void {
		this.#vault.write(ACCOUNT, { ...account, domain: this.#domain });
		this.#account = Object.freeze({ ...account });
	}
}
