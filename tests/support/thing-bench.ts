// A whole thing between a fake network and a broker written out by hand.
import type { Host, SensorValue, ThingEvent } from "../../src/host.js";
import { Accounts } from "../../src/thing/accounts.js";
import { LifeCycle } from "../../src/thing/life-cycle.js";
import { Thing } from "../../src/thing/thing.js";
import type { ThingOptions } from "../../src/thing/thing-options.js";
import { Vault } from "../../src/thing/vault.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { BIND, DOMAIN, HEADER, idOf, mechanisms, PROCEED, SessionBench, STARTTLS, success } from "./session-bench.js";
import { type FakeConnection, FakeNetwork } from "./socket.js";
import { FakeStorage, fakeRandom } from "./storage.js";
import { FakeTime } from "./time.js";

export const KEY = "thekeythatnobodymayknow";

export class ThingBench {
	readonly time = new FakeTime(Date.parse("2026-01-02T03:04:05Z"));
	readonly network = new FakeNetwork();
	readonly storage: FakeStorage;
	readonly events: ThingEvent[] = [];
	readonly stickers: string[] = [];
	/** Presses and lets go the button. */
	press: (pressed: boolean) => void = () => undefined;
	/** Every sample() that waits for its answer. */
	readonly samples: { readonly name: string; readonly answer: (error: string | undefined, value?: SensorValue) => void }[] = [];
	/** Every actuator that was set, and has done it. */
	readonly sets: string[] = [];
	onEvent: () => void = () => undefined;
	readonly thing: Thing;
	/** Knows SCRAM from the server's side. */
	#server = new SessionBench();
	#account: { readonly username: string; readonly password: string };

	/** With an account; what `prepare` stores was there before the boot. */
	constructor(options: Partial<ThingOptions> = {}, prepare?: (vault: Vault) => void, storage = new FakeStorage()) {
		this.storage = storage;
		const vault = new Vault(storage, () => undefined);
		prepare?.(vault);
		// The random bytes are those of the boot: without a record it has the same epoch.
		const accounts = new Accounts(vault, fakeRandom(3), DOMAIN, new LifeCycle(vault, fakeRandom()));
		this.#account = accounts.account() ?? accounts.propose();
		accounts.confirm();
		const host: Host = {
			network: this.network,
			storage,
			clock: this.time.clock,
			timer: this.time.timer,
			random: fakeRandom(),
			crypto: this.#server.crypto,
			sensors: { sample: (name, answer) => void this.samples.push({ name, answer }) },
			actuators: {
				set: (name, value, answer) => {
					this.sets.push(`${name}=${value}`);
					answer(undefined);
				}
			},
			button: {
				watch: (onChange) => {
					this.press = onChange;
				}
			},
			display: { sticker: (uri) => void this.stickers.push(uri) },
			event: (event) => {
				this.events.push(event);
				this.onEvent();
			}
		};
		this.thing = new Thing({ host, definition: weatherStation, domain: DOMAIN, tls: "starttls", serial: "SN1", key: KEY, ...options });
	}

	get line(): FakeConnection {
		return this.network.last;
	}

	get bare(): string {
		return `${this.#account.username}@${DOMAIN}`;
	}

	/** The names of the events so far. */
	get names(): string[] {
		return this.events.map(({ event }) => event);
	}

	/** Says something and returns what the thing says to it. */
	say(text: string): string {
		this.line.receives(text);
		return this.line.take();
	}

	/** A get or set to the thing; what it says to that. */
	ask(payload: string, from: string, type = "get"): string {
		return this.say(`<iq type='${type}' id='q1' from='${from}' to='${this.thing.jid}'>${payload}</iq>`);
	}

	/** To the request for the roster, which is returned. By another password than it had, perhaps. */
	login(password = this.#account.password): string {
		this.thing.start();
		this.line.writable();
		this.line.take();
		this.say(HEADER + STARTTLS);
		this.say(PROCEED);
		this.line.secures();
		// It does not wait where it knows what comes.
		const early = this.line.take();
		const offered = this.say(HEADER + mechanisms("SCRAM-SHA-1"));
		const response = this.say(this.#server.challenge(early.includes("<auth") ? early.slice(early.indexOf("<auth")) : offered));
		const bound = this.say(success(this.#server.signature(response, password)));
		const id = idOf(this.say(HEADER + BIND) || bound);
		return this.say(`<iq type='result' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>${this.bare}/r</jid></bind></iq>`);
	}

	/** All the way to presence; returns what was said to the roster. */
	online(password?: string): string {
		const id = idOf(this.login(password));
		return this.say(`<iq type='result' id='${id}'><query xmlns='jabber:iq:roster'/></iq>`);
	}
}
