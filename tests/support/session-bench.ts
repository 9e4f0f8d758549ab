// A session between a fake network and a server written out by hand, step by step.
import type { Host } from "../../src/host.js";
import { decodeBase64, encodeBase64 } from "../../src/text/base64.js";
import { decodeUTF8, encodeUTF8 } from "../../src/text/utf8.js";
import type { Element } from "../../src/xml/element.js";
import type { Account, AccountStore, ServerHabits } from "../../src/xmpp/account.js";
import { Scheduler } from "../../src/xmpp/scheduler.js";
import type { ScramKeys } from "../../src/xmpp/scram.js";
import { Session, type SessionHandler, type SessionOptions } from "../../src/xmpp/session.js";
import { TestCrypto } from "./crypto.js";
import { type FakeConnection, FakeNetwork } from "./socket.js";
import { FakeTime } from "./time.js";

export const DOMAIN = "a.example";
export const HEADER = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='${DOMAIN}' version='1.0'>`;
export const STARTTLS = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";
export const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
export const BIND =
	"<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session></stream:features>";
/** BIND of a server with stream management (XEP-0198). */
export const MANAGED = BIND.replace("</stream:features>", "<sm xmlns='urn:xmpp:sm:3'/></stream:features>");
export const CLOSE = "</stream:stream>";
const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

export function mechanisms(...names: string[]): string {
	const list = names.map((name) => `<mechanism>${name}</mechanism>`).join("");
	return `<stream:features><mechanisms ${SASL}>${list}</mechanisms></stream:features>`;
}

export const challenge = (text: string): string => `<challenge ${SASL}>${encodeBase64(encodeUTF8(text))}</challenge>`;
export const success = (text?: string): string => `<success ${SASL}>${text === undefined ? "" : encodeBase64(encodeUTF8(text))}</success>`;
export const failure = (condition: string): string => `<failure ${SASL}><${condition}/></failure>`;

/** What stands between the two, or a failed test. */
export function between(text: string, before: string, after: string): string {
	const start = text.indexOf(before);
	const end = text.indexOf(after, start + before.length);
	if (start < 0 || end < 0) throw new Error(`no ${before}…${after} in ${text}`);
	return text.slice(start + before.length, end);
}

/** Keeps accounts as a vault would, and the order of what happened. */
export class MemoryAccounts implements AccountStore {
	current: Account | undefined;
	readonly kept = new Map<string, ScramKeys>();
	/** The password to try when the server refuses the first. */
	next: string | undefined;
	proposals = 0;
	/** Without it each login waits for what the server says, as the first does. */
	remembers = false;
	remembered: ServerHabits | undefined;
	keptTokens: readonly string[] = [];
	#happened: string[];

	constructor(happened: string[], current?: Account) {
		this.#happened = happened;
		this.current = current;
	}

	account(): Account | undefined {
		return this.current;
	}

	candidate(): string {
		return `t${this.proposals + 1}`;
	}

	propose(): Account {
		this.proposals++;
		this.current = { username: `t${this.proposals}`, password: "pencil", registered: false };
		this.#happened.push(`proposed ${this.current.username}`);
		return this.current;
	}

	habits(): ServerHabits | undefined {
		return this.remembered;
	}

	keepHabits(habits: ServerHabits): void {
		if (this.remembers) this.remembered = habits;
	}

	tokens(): readonly string[] {
		return this.keptTokens;
	}

	keepTokens(tokens: readonly string[]): void {
		this.keptTokens = tokens;
	}

	confirm(): void {
		if (this.current === undefined) throw new Error("nothing to confirm");
		this.current = { ...this.current, registered: true };
		this.#happened.push("confirmed");
	}

	taken(): void {
		this.next = undefined;
	}

	refused(): boolean {
		if (this.next === undefined) return false;
		this.current = { ...this.current!, password: this.next };
		this.next = undefined;
		return true;
	}

	keys(mechanism: string, salt: string, iterations: number): ScramKeys | undefined {
		return this.kept.get(`${mechanism} ${salt} ${iterations}`);
	}

	keepKeys(mechanism: string, salt: string, iterations: number, keys: ScramKeys): void {
		this.kept.set(`${mechanism} ${salt} ${iterations}`, keys);
	}
}

export const ACCOUNT: Account = Object.freeze({ username: "t0", password: "pencil", registered: true });
const SALT = "QSXCR+Q6sek8bf92";

/** Derivations are remembered from test to test. */
const crypto = new TestCrypto();

export class SessionBench {
	readonly time = new FakeTime();
	readonly network: FakeNetwork;
	readonly crypto = crypto;
	/** Callbacks in their order. */
	readonly happened: string[] = [];
	readonly errors: unknown[] = [];
	readonly accounts: MemoryAccounts;
	readonly scheduler = new Scheduler(this.time, (error) => this.errors.push(error));
	readonly session: Session;
	/** The pauses that were announced, milliseconds. */
	readonly pauses: (number | undefined)[] = [];
	/** What a test does within a callback. */
	onOnline: () => void = () => undefined;
	onOffline: () => void = () => undefined;
	onMessage: (stanza: Element) => void = () => undefined;
	/** What the next bytes from host.random() are; the rest counts up. */
	randomByte = 0;
	#scram = { first: "", serverFirst: "" };

	constructor(account?: Account, options: Partial<SessionOptions & SessionHandler> = {}, network = new FakeNetwork()) {
		this.network = network;
		this.accounts = new MemoryAccounts(this.happened, account);
		const host: Host = {
			network: this.network,
			clock: this.time.clock,
			timer: this.time.timer,
			random: (count) => new Uint8Array(count).fill(this.randomByte++ & 0xff),
			crypto,
			storage: { valueLimit: 0, read: () => undefined, write: () => undefined, delete: () => undefined, list: () => [] },
			sensors: { sample: () => undefined },
			event: () => undefined
		};
		this.session = new Session({
			host,
			scheduler: this.scheduler,
			domain: DOMAIN,
			tls: "starttls",
			accounts: this.accounts,
			handler: {
				onAccount: (jid) => this.happened.push(`account ${jid}`),
				onOnline: (jid) => {
					this.happened.push(`online ${jid}`);
					this.onOnline();
				},
				onOffline: (reason, _detail, pause, held) => {
					this.happened.push(`${held ? "held" : "offline"} ${reason}`);
					this.pauses.push(pause);
					this.onOffline();
				},
				onResumed: (jid) => this.happened.push(`resumed ${jid}`),
				onLost: () => this.happened.push("lost"),
				isFamiliar: () => false,
				onMessage: (stanza) => {
					this.happened.push(`message ${stanza.child("body")?.text}`);
					this.onMessage(stanza);
				},
				onPresence: (stanza) => this.happened.push(`presence ${stanza.attribute("from")}`),
				onError: (error) => this.errors.push(error),
				...options
			},
			...options
		});
	}

	get line(): FakeConnection {
		return this.network.last;
	}

	/** Says something and returns what the thing says to it. */
	say(text: string): string {
		this.line.receives(text);
		return this.line.take();
	}

	/** Up to the header under TLS, which is returned. */
	secure(): string {
		this.session.start();
		this.line.writable();
		this.line.take();
		this.say(HEADER + STARTTLS);
		this.say(PROCEED);
		this.line.secures();
		return this.line.take();
	}

	/** Offers one mechanism; returns the <auth/>. */
	offer(mechanism = "SCRAM-SHA-1"): string {
		return this.say(HEADER + mechanisms(mechanism));
	}

	/** Takes the <auth/> and returns the challenge. */
	challenge(auth: string, salt = SALT, iterations = 4096): string {
		this.#scram.first = textOf(auth).slice(3);
		const nonce = this.#scram.first.slice(this.#scram.first.indexOf(",r=") + 3);
		this.#scram.serverFirst = `r=${nonce}server,s=${salt},i=${iterations}`;
		return challenge(this.#scram.serverFirst);
	}

	/** Takes the <response/>, checks its proof and returns the server's signature. */
	signature(response: string, password = "pencil"): string {
		const final = textOf(response);
		const end = final.lastIndexOf(",p=");
		const { first, serverFirst } = this.#scram;
		const message = encodeUTF8(`${first},${serverFirst},${final.slice(0, end)}`);
		const salt = decodeBase64(between(serverFirst, "s=", ","))!;
		const salted = crypto.pbkdf2("SHA-1", encodeUTF8(password), salt, Number(serverFirst.slice(serverFirst.indexOf("i=") + 2)));
		const key = crypto.hmac("SHA-1", salted, encodeUTF8("Client Key"));
		const sign = crypto.hmac("SHA-1", crypto.digest("SHA-1", key), message);
		if (final.slice(end + 3) !== encodeBase64(key.map((byte, at) => byte ^ sign[at]!))) throw new Error("wrong proof");
		return `v=${encodeBase64(crypto.hmac("SHA-1", crypto.hmac("SHA-1", salted, encodeUTF8("Server Key")), message))}`;
	}

	/** From the <auth/> to the header after SASL, which is returned. */
	authenticate(auth: string): string {
		return this.say(success(this.signature(this.say(this.challenge(auth)))));
	}

	/** From the header after SASL to the address. */
	bind(jid = `${this.accounts.current?.username}@${DOMAIN}/r`, features = BIND): string {
		return this.bound(idOf(this.say(HEADER + features)), jid);
	}

	/** The answer to a request to bind; returns what follows it. */
	bound(id: string, jid = `${this.accounts.current?.username}@${DOMAIN}/r`): string {
		return this.say(`<iq type='result' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>${jid}</jid></bind></iq>`);
	}

	/** The whole way. */
	login(): void {
		this.secure();
		this.authenticate(this.offer());
		this.bind();
		if (this.session.jid === undefined) throw new Error("not online");
	}
}

export const idOf = (stanza: string): string => between(stanza, "id='", "'");

function textOf(element: string): string {
	return decodeUTF8(decodeBase64(between(element, ">", "</"))!);
}
