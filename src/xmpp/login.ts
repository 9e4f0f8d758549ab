// From a connection to a bound address: TLS, account, SASL, bind; each step in its order, each with an end.
import { limits } from "../limits.js";
import type { Element } from "../xml/element.js";
import type { Account, ServerHabits } from "./account.js";
import { AccountMaking } from "./account-making.js";
import { isBoundTo, parseBind, writeBind } from "./binding.js";
import { type Features, isFeatures, parseFeatures } from "./features.js";
import { afterwards, Haste, mayHurry, refused } from "./haste.js";
import { agentOf, NAMESPACE_BIND2, NAMESPACE_SASL2, writeInline } from "./inline.js";
import type { LoginOptions, Step } from "./login-options.js";
import { LoginRequest } from "./login-request.js";
import { type Choice, chooseMechanism, EXTERNAL, isBound, sameChoice, UNIQUE } from "./mechanism.js";
import { Authentication } from "./sasl.js";
import type { Task } from "./scheduler.js";
import { parseStanzaError } from "./stanza-error.js";
import { NAMESPACE_TLS } from "./stream.js";
import { NAMESPACE_SM } from "./stream-management.js";
import { TokenLogin } from "./token-login.js";

/** One for each connection; ends the stream where it cannot go on. */
export class Login {
	#options: LoginOptions;
	#step: Step = "nothing";
	#timer: Task | undefined;
	#request: LoginRequest;
	#choice: Choice | undefined;
	#authentication: Authentication | undefined;
	#tokens: TokenLogin;
	/** What the server offers before SASL, and after it. */
	#offered: Features | undefined;
	#features: Features | undefined;
	/** What it did last time: by this not all is waited for that it will say anyway. Undefined where all must be. */
	#habits: ServerHabits | undefined;
	/** The sum of the hastes so far. */
	#hurried = 0;
	#making: AccountMaking | undefined;
	/** The account was lost and made again on this connection: once is enough. */
	#remade = false;
	/** What ended the connection may have been a step of ours, which goes on to wait for its answer. */
	#stopped = false;

	constructor(options: LoginOptions) {
		this.#options = options;
		this.#request = new LoginRequest({ stream: options.stream, random: options.host.random, domain: options.domain });
		this.#tokens = new TokenLogin(options.accounts, options.host.crypto);
		const habits = options.accounts.habits();
		const registered = options.accounts.account()?.registered === true;
		if (registered && (habits?.mechanism === EXTERNAL) === this.isCertified) this.#habits = habits;
		this.waitFor("the connection");
	}

	/** The connection ended before an address stood. */
	ended(): void {
		const hurried = this.#hurried;
		if (this.#habits && hurried > 0)
			this.#options.accounts.keepHabits(refused(this.#habits, hurried < Haste.after ? Haste.before : Haste.after));
	}

	/** Nothing is awaited ever more. */
	stop(): void {
		this.waitFor("nothing");
		this.#stopped = true;
	}

	connected(): void {
		this.#options.stream.header();
		this.waitFor("the features before TLS");
	}

	secure(): void {
		const { accounts, domain, stream } = this.#options;
		const account = accounts.account();
		// Without a name no token is offered (XEP-0484 section 5.1): the account that is made on this stream is named before it stands.
		stream.header(`${account?.username ?? accounts.candidate()}@${domain}`);
		this.waitFor("the features under TLS");
		const habits = this.#habits;
		if (!habits || !account || !mayHurry(habits, Haste.before)) return;
		// Another TLS than last time perhaps.
		if (isBound(habits) && stream.channelBinding(habits.binding) == null) return;
		this.#hurried = Haste.before;
		this.authenticate(habits, account);
	}

	receive(element: Element): void {
		switch (this.#step) {
			case "the features before TLS":
				this.featuresInClear(element);
				break;
			case "<proceed/>":
				this.proceed(element);
				break;
			case "the features under TLS":
				this.featuresUnderTLS(element);
				break;
			case "the outcome of SASL":
				if (element.namespace === this.#authentication?.namespace) this.#authentication.receive(element);
				else if (!this.#offered) this.guessed(element);
				break;
			case "the features after SASL":
				this.featuresAfterSASL(element);
				break;
			case "the resumption":
				if (element.namespace === NAMESPACE_SM) this.resumption(element);
				else this.#features ??= parseFeatures(element);
				break;
			default:
				if (this.isAnswer(element)) this.answer(element);
				else if (this.#step === "the bound address") this.#features ??= parseFeatures(element);
		}
	}

	/** Something too large to be built. */
	skipped(head: Element): void {
		if (isFeatures(head) || this.isAnswer(head))
			this.fail("xml:policy-violation", `${this.#step} came larger than ${limits.builtBytes} bytes`, "policy-violation");
	}

	private featuresInClear(element: Element): void {
		const features = parseFeatures(element);
		if (!features) return;
		// Whatever else is offered, nothing of ours goes in clear (R-CORE-2).
		if (!features.starttls) {
			this.fail("no-starttls", "the server offers no TLS");
			return;
		}
		this.#options.stream.requestTLS();
		this.waitFor("<proceed/>");
	}

	private proceed(element: Element): void {
		if (element.namespace !== NAMESPACE_TLS) return;
		if (element.name !== "proceed") {
			this.fail("no-starttls", "the server refused TLS");
			return;
		}
		this.waitFor("TLS");
		this.#options.stream.startTLS();
	}

	private featuresUnderTLS(element: Element): void {
		const features = parseFeatures(element);
		if (!features) return;
		this.#offered = features;
		this.#choice = this.best();
		if (!this.#choice) {
			// Before an account is made that could not be used.
			this.fail(
				"no-mechanism",
				this.isCertified ? "the server takes no client certificate" : "the server offers neither SCRAM-SHA-256 nor SCRAM-SHA-1"
			);
			return;
		}
		const account = this.#options.accounts.account();
		// A name that was proposed once may be an account by now: the answer was lost perhaps (R-077-5).
		if (!account) this.makeAccount();
		else this.authenticate(this.#choice, account);
	}

	/** The features come after what was said without them. */
	private guessed(element: Element): void {
		this.#offered = parseFeatures(element);
		const habits = this.#habits;
		const account = this.#options.accounts.account();
		if (!habits?.inline || this.#offered?.inline !== 0 || !account) return;
		// A server without SASL2 may as well leave it unanswered.
		this.#options.accounts.keepHabits(refused(habits, Haste.before));
		this.featuresUnderTLS(element);
	}

	private authenticate(choice: Choice, account: Account): void {
		const options = this.#options;
		const inline = choice.inline;
		this.#choice = choice;
		// It offers others than last time.
		if (this.#habits && !sameChoice(choice, this.#habits)) this.#habits = undefined;
		this.waitFor("the outcome of SASL");
		this.#authentication = new Authentication({
			stream: options.stream,
			host: options.host,
			choice,
			tokens: this.#tokens,
			offer: () => this.#offered,
			account,
			accounts: options.accounts,
			onSuccess: (success) => this.authenticated(success),
			onFailure: (reason, detail, said) => this.refused(reason, detail, said)
		});
		const authenticate = this.#authentication.open();
		if (inline !== 0) {
			authenticate
				.open("user-agent")
				.attribute("id", agentOf(this.bare() ?? "", options.host.crypto))
				.close();
			this.#tokens.write(authenticate);
			writeInline(authenticate, inline, this.#options.management);
		}
		options.stream.send();
	}

	private authenticated(success: Element): void {
		const options = this.#options;
		this.#authentication = undefined;
		this.waitFor("the features after SASL");
		this.confirm();
		if (success.namespace !== NAMESPACE_SASL2) {
			options.stream.restart(this.bare());
			const habits = this.#habits;
			if (!habits || !mayHurry(habits, Haste.after)) return;
			this.#hurried += Haste.after;
			this.proceedWith(habits.sm, true);
			return;
		}
		this.#tokens.worked(success);
		const resumed = success.child("resumed", NAMESPACE_SM);
		const bound = success.child("bound", NAMESPACE_BIND2);
		if (resumed) {
			this.resumption(resumed);
			return;
		}
		if (options.management.held && (bound ?? success.child("failed", NAMESPACE_SM))) options.onLost();
		if (bound && !this.#stopped) this.bound(success.child("authorization-identifier", NAMESPACE_SASL2)?.text, bound);
	}

	private refused(reason: string, detail: string, said: boolean): void {
		this.#authentication = undefined;
		const accounts = this.#options.accounts;
		const known = accounts.account();
		const best = this.best() ?? this.#choice;
		// One that fails to prove itself gets no other chance (R-CORE-3).
		if (said && best && known) {
			// It offers others than last time: no reason to come back in five minutes.
			const changed = reason !== "not-authorized" && this.#habits && !sameChoice(best, this.#habits);
			// A token that is refused says nothing about the account.
			// Nor does a password, where the change to it may not have come through.
			if (this.#tokens.refused() || changed || (reason === "not-authorized" && accounts.refused())) {
				this.authenticate(best, accounts.account() ?? known);
				return;
			}
		}
		// An account that stood once is made again only when it counts as lost; one that perhaps never was is made under its name.
		const account = accounts.account();
		const makes = !this.isCertified && (this.#options.lost || account?.registered !== true);
		if (reason === "not-authorized" && !this.#remade && makes) this.makeAccount();
		else this.fail(reason, detail);
	}

	private featuresAfterSASL(element: Element): void {
		const features = parseFeatures(element);
		if (!features) return;
		this.#features = features;
		if (!features.bind) this.fail("no-bind", "the server offers no resource binding");
		else this.proceedWith(features.sm, false);
	}

	/** Resumes what is held, or binds; `hurried`: before the features have come, so that what follows them goes at once as well. */
	private proceedWith(sm: boolean, hurried: boolean): void {
		const { management, onLost } = this.#options;
		if (management.held && sm) {
			this.waitFor("the resumption");
			management.resume();
			return;
		}
		if (management.held) onLost();
		this.bind();
		if (sm && hurried && !this.#stopped) management.enable();
	}

	/** XEP-0198 section 5: after <failed/> the stream goes on to bind. */
	private resumption(element: Element): void {
		const options = this.#options;
		if (element.name === "resumed") {
			if (!options.management.held) {
				this.fail("sm:forgotten", "what was resumed is not held any more");
				return;
			}
			this.waitFor("nothing");
			this.remember();
			if (options.management.resumed(element) && !this.#stopped) options.onResumed();
		} else if (element.name === "failed") {
			if (options.management.held) options.onLost();
			this.bind();
		}
	}

	private bind(): void {
		writeBind(this.#request.open("set"));
		this.#options.stream.send();
		this.waitFor("the bound address");
	}

	private makeAccount(): void {
		const { accounts, apiKey, domain, host, stream } = this.#options;
		this.#making ??= new AccountMaking({
			...{ stream, host, domain, accounts, apiKey, request: this.#request },
			onAsked: (step) => this.waitFor(step),
			onMade: () => this.registered(),
			onFailed: (reason, detail) => this.fail(reason, detail)
		});
		this.#making.ask();
	}

	private answer(iq: Element): void {
		const failure = iq.attribute("type") === "error" ? parseStanzaError(iq) : undefined;
		this.#request.close();
		switch (this.#step) {
			case "the registration form":
				this.#making?.receiveForm(iq, failure);
				break;
			case "the answer to the registration":
				this.#making?.receiveAnswer(failure);
				break;
			case "the bound address":
				if (failure) this.fail(`bind:${failure.condition}`, failure.text ?? "the server binds no resource");
				else this.bound(parseBind(iq));
				break;
		}
	}

	private registered(): void {
		this.#remade = this.#options.accounts.account()?.registered === true;
		if (this.#remade) this.#options.onAccount(this.bare() ?? "");
		this.confirm();
		const account = this.#options.accounts.account();
		if (!account || !this.#choice) throw new Error("an account was confirmed and is not there");
		this.authenticate(this.#choice, account);
	}

	private confirm(): void {
		const options = this.#options;
		if (options.accounts.account()?.registered !== false) return;
		options.accounts.confirm();
		options.onAccount(this.bare() ?? "");
	}

	/** `inline`: <bound/> of SASL2, which did the rest as well. */
	private bound(jid: string | undefined, inline?: Element): void {
		const management = this.#options.management;
		if (!jid || !isBoundTo(jid, this.bare() ?? "")) {
			this.fail("bind:other-account", "the server bound an address that is not of our account");
			return;
		}
		this.waitFor("nothing");
		this.remember();
		if (!inline) management.bound(this.#features?.sm === true);
		else management.boundWith(inline.child("enabled", NAMESPACE_SM));
		if (!this.#stopped) this.#options.onBound(jid);
	}

	/** For the next login. */
	private remember(): void {
		const accounts = this.#options.accounts;
		const old = accounts.habits();
		const choice = this.best() ?? this.#choice;
		const sm = this.#features?.sm ?? old?.sm ?? false;
		if (choice) accounts.keepHabits(afterwards(old, this.#hurried, choice, sm));
	}

	private best(): Choice | undefined {
		const options = this.#options;
		const binding = (type: string): Uint8Array | undefined =>
			type !== UNIQUE || options.tlsUnique ? options.stream.channelBinding(type) : undefined;
		return this.#offered && chooseMechanism(this.#offered, binding, this.isCertified);
	}

	/** A client certificate speaks for our account, and nothing else does. */
	private get isCertified(): boolean {
		return this.#options.accounts.account()?.password === "";
	}

	/** The one that is awaited, from our server (R-CORE-10). */
	private isAnswer(iq: Element): boolean {
		return this.#request.isAnswer(iq, this.bare());
	}

	private bare(): string | undefined {
		const account = this.#options.accounts.account();
		return account && `${account.username}@${this.#options.domain}`;
	}

	/** The next step; it has its own time (R-CORE-12). */
	private waitFor(step: Step): void {
		if (this.#stopped) return;
		const scheduler = this.#options.scheduler;
		scheduler.clear(this.#timer);
		this.#step = step;
		this.#timer = step === "nothing" ? undefined : scheduler.set(limits.stepSeconds * 1000, this.late, this);
	}

	private late(): void {
		this.fail("timeout", `waited in vain for ${this.#step}`);
	}

	private fail(reason: string, detail: string, condition?: string): void {
		this.stop();
		// Whoever is slow may yet read what we say: it must not be that the session it is asked to resume is over.
		if (reason === "timeout") this.#options.stream.abandon(reason, detail);
		else this.#options.stream.end(reason, detail, condition);
	}
}
