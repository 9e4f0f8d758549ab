// Who may do what: the one door between a request and a sensor or an actuator.
import { type Dialect, isNode, type NodeReference } from "../iot/dialect.js";
import type { Applicant, Asked, Grant, Permission, Wish } from "../iot/provisioning.js";
import { limits } from "../limits.js";
import { bareJID, sameBare } from "../xmpp/jid.js";
import type { Node } from "./nodes.js";

export interface AuthorizerOptions {
	/** Bare JID; undefined while nobody owns the thing. */
	readonly owner: () => string | undefined;
	/** The provisioning service that is trusted, once it is known. */
	readonly provisioning: { readonly jid: string | undefined };
	readonly decisions: {
		/** What the thing calls itself. */
		readonly node: NodeReference;
		readonly nodes: readonly Node[];
		/** Has decided, perhaps later, what only the owner, or who decides for him, can know; no owner any more means no. */
		judge(wish: Wish, applicant: Applicant, node: Node | undefined): void;
		/** Another number whenever something that was allowed before may be so no more. */
		readonly changes: number;
	};
}

export class Authorizer {
	#options: AuthorizerOptions;

	constructor(options: AuthorizerOptions) {
		this.#options = options;
	}

	admit(applicant: Applicant): void {
		const options = this.#options;
		if (options.decisions.nodes.length > 0 && applicant.asked?.nodes[0]) new Division(this, options.decisions, applicant).proceed();
		else this.judge(applicant, undefined);
	}

	/** About the thing itself, or a node. No owner means no (R-323-22, R-324-29, R-347-28). */
	judge(applicant: Applicant, node: Node | undefined): void {
		const options = this.#options;
		const { asked, from, tokens } = applicant;
		if (this.isMaster(from, node)) applicant.decide("all");
		// Nothing of ours has such a name, and the owner would have to read it.
		else if (
			(node ? node.master : options.owner()) == null ||
			!asked ||
			!tokens ||
			asked.fields.some(isTooLong) ||
			asked.nodes.some(hasLongName)
		)
			applicant.decide(undefined);
		else
			options.decisions.judge(
				{ jid: bareJID(from), categories: asked.categories, nodes: asked.nodes, fields: asked.fields, tokens },
				applicant,
				node
			);
	}

	/** He may do everything, or has all decided, with what is somebody's. */
	isMaster(from: string, node: Node | undefined): boolean {
		const options = this.#options;
		const master = node ? node.master : options.owner();
		return master != null && (sameBare(master, from) || sameBare(options.provisioning.jid ?? master, from));
	}
}

/** Bytes that it holds. */
const DIVISION = 256;

/** Of a request that names nodes: each is decided about by itself, one after the other, so that no more questions wait than for any other request. */
class Division implements Applicant {
	readonly from: string;
	readonly dialect: Dialect | undefined;
	readonly tokens: Wish["tokens"] | undefined;
	readonly weight: number;
	#door: AuthorizerOptions["decisions"];
	#judge: Authorizer;
	#applicant: Applicant;
	#grants: Grant[] = [];
	/** What is decided about: the thing itself, then its nodes by index. */
	#at = -2;
	/** Of the nodes that are named, those that are not there, as far as is known. */
	#missing: number;
	#changes: number;
	/** It is not decided yet. */
	#open = false;
	#proceeds = false;

	constructor(judge: Authorizer, door: AuthorizerOptions["decisions"], applicant: Applicant) {
		this.from = applicant.from;
		this.dialect = applicant.dialect;
		this.tokens = applicant.tokens;
		this.weight = DIVISION + applicant.weight;
		this.#judge = judge;
		this.#door = door;
		this.#applicant = applicant;
		this.#missing = applicant.asked!.nodes.length;
		this.#changes = door.changes;
	}

	get asked(): Asked {
		const asked = this.#applicant.asked!;
		return { categories: asked.categories, fields: asked.fields, nodes: [this.own] };
	}

	private get own(): NodeReference {
		return this.#door.nodes[this.#at]?.node ?? this.#door.node;
	}

	decide(permission: Permission | "all" | undefined): void {
		if (!this.#open) return;
		this.#open = false;
		if (permission) this.#grants.push({ part: this.#door.nodes[this.#at], permission });
		if (!this.#proceeds) this.proceed();
	}

	/** As far as nobody has to be asked. */
	proceed(): void {
		const nodes = this.#door.nodes;
		const named = this.#applicant.asked!.nodes;
		this.#proceeds = true;
		while (!this.#open && ++this.#at < nodes.length) {
			let meant = 0;
			for (let i = 0; i < named.length; i++) if (isNode(this.own, named[i]!)) meant++;
			this.#missing -= meant;
			this.#open = meant > 0;
			if (meant > 0) this.#judge.judge(this, nodes[this.#at]);
		}
		this.#proceeds = false;
		if (!this.#open) this.end();
	}

	private end(): void {
		const grants = this.#grants;
		// Only who may know all of the thing learns that there is no such node (R-323-23).
		if (this.#missing > 0 && this.#judge.isMaster(this.from, undefined)) this.#applicant.decide("all", []);
		// What one owner allowed may be void by the time that the next has.
		else if (grants.length === 0 || this.#changes !== this.#door.changes) this.#applicant.decide(undefined);
		else this.#applicant.decide(grants.find((grant) => grant.permission === "all")?.permission ?? grants[0]!.permission, grants);
	}
}

function isTooLong(name: string): boolean {
	return name.length > limits.fieldName;
}

function hasLongName({ id, source, partition }: NodeReference): boolean {
	return isTooLong(id) || isTooLong(source ?? "") || isTooLong(partition ?? "");
}
