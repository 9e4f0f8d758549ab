// Nodes behind the thing's one address. To its owner each is a thing by itself: its life, its KEY, and what was decided of it are nobody else's.
import { nodeText } from "../iot/dialect.js";
import type { Part } from "../iot/provisioning.js";
import type { SensorField } from "../iot/sensor-data.js";
import type { Tag } from "../iot/sticker.js";
import { bareJID } from "../xmpp/jid.js";
import type { DecisionCache } from "./decision-cache.js";
import type { Decisions } from "./decisions.js";
import { fieldsOf, type NodeDefinition } from "./definition.js";
import type { LifeEvent } from "./events.js";
import { checkSticker, factoryNow, loadNodeKey, tagsOf } from "./factory.js";
import type { Friends } from "./friends.js";
import { LifeCycle } from "./life-cycle.js";
import type { Registrant } from "./registration.js";
import type { ThingOptions } from "./thing-options.js";
import type { Vault } from "./vault.js";

/** The thing that has them. */
export interface NodeKeeper {
	/** Full JID while it is online. */
	readonly jid: string | undefined;
	readonly serial: string;
	/** A node has another owner. */
	onNodeClaimed(): void;
	onDisowned(owner: string, node: Node): void;
	onLife(event: LifeEvent, node: Node): void;
}

const NONE: readonly Node[] = Object.freeze([]);

export class Node implements Registrant, Part {
	readonly node: NodeDefinition;
	readonly lifeCycle: LifeCycle;
	cache!: DecisionCache;
	readonly fields: readonly SensorField[];
	#keeper: NodeKeeper;
	#options: ThingOptions;
	#key: string;

	/** `place`: its index. Throws what is wrong with what is stored or given. */
	constructor(keeper: NodeKeeper, options: ThingOptions, vault: Vault, place: number) {
		const host = options.host;
		const node = options.definition.nodes![place]!;
		this.node = node;
		this.#keeper = keeper;
		this.#options = options;
		this.#key = loadNodeKey(vault, host.random, node.id, options.nodeKeys?.[node.id]);
		this.lifeCycle = new LifeCycle(vault, host.random, String(place), nodeText(node));
		this.fields = fieldsOf(node, host.actuators != null, node);
		checkSticker(this.tags());
	}

	get parameters(): NodeDefinition["parameters"] {
		return this.node.parameters;
	}

	get selfOwned(): boolean {
		return this.node.selfOwned === true;
	}

	/** Who may let others in: its owner, or the thing where it is its own. Bare JID. */
	get master(): string | undefined {
		const own = this.selfOwned ? this.#keeper.jid : undefined;
		return this.lifeCycle.owner ?? (own && bareJID(own));
	}

	tags(): readonly Tag[] {
		const { definition, host } = this.#options;
		const factory = { serial: this.#keeper.serial, key: this.#key };
		return tagsOf(definition, factoryNow(this.node, factory, host.crypto, this.lifeCycle.epoch), this.node);
	}

	onClaimed(): void {
		this.#keeper.onNodeClaimed();
	}

	onDisowned(owner: string): void {
		this.#keeper.onDisowned(owner, this);
	}

	onEvent(event: LifeEvent): void {
		this.#keeper.onLife({ ...event, node: this.node.id }, this);
	}
}

/** Those of the definition. */
export function makeNodes(keeper: NodeKeeper, options: ThingOptions, vault: Vault): readonly Node[] {
	return options.definition.nodes?.map((_node, place) => new Node(keeper, options, vault, place)) ?? NONE;
}

/** Their lives end with the thing's, those that have begun. */
export function endNodes(nodes: readonly Node[]): void {
	for (let i = 0; i < nodes.length; i++) nodes[i]!.lifeCycle.take("reset");
}

/** Who gave one up is no friend any more, but by what else is his, or by the thing's owner. What is left undone is done at the next login. */
export function partFormer(nodes: readonly Node[], friends: Friends, decisions: Decisions): void {
	for (let i = 0; i < nodes.length; i++) {
		const lifeCycle = nodes[i]!.lifeCycle;
		const former = lifeCycle.former;
		if (former == null) continue;
		if (decisions.isKnownFriend(former)) lifeCycle.forgetFormer();
		else friends.part(former, (done) => done && lifeCycle.forgetFormer());
	}
}

/** Who owns the thing or a node of it: bare JIDs, some of them twice perhaps. */
export function ownersOf(lifeCycle: LifeCycle, nodes: readonly Node[]): readonly string[] {
	const owners: string[] = [];
	for (let i = -1; i < nodes.length; i++) {
		const owner = (nodes[i]?.lifeCycle ?? lifeCycle).owner;
		if (owner != null) owners.push(owner);
	}
	return owners;
}
