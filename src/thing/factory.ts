// What the factory gave a thing: serial number and claim KEY. Where there was no factory, the thing gives them to itself once.

import type { Crypto, Host } from "../host.js";
import { checkValue, type Tag } from "../iot/sticker.js";
import { encodeBase32 } from "../text/base32.js";
import { encodeUTF8 } from "../text/utf8.js";
import type { APIKey } from "../xmpp/signed-form.js";
import type { Definition, NodeDefinition } from "./definition.js";
import type { Vault } from "./vault.js";

export interface FactoryData {
	/** Tag SN. */
	readonly serial: string;
	/** Tag KEY: whoever has it can claim the thing. */
	readonly key: string;
}

const FACTORY = "factory";
/** Begins the name of a node's KEY in that record. */
const NODE = "node ";
const API_KEY = "apikey";

/** What is stored stands, since a sticker may be printed: throws when something else is given. */
export function loadFactory(vault: Vault, random: Host["random"], given: Partial<FactoryData>): FactoryData {
	const stored = vault.read(FACTORY);
	if (typeof stored?.serial === "string" && typeof stored.key === "string") {
		if (given.serial !== undefined && given.serial !== stored.serial)
			throw new Error(`This store belongs to the thing with serial number ${stored.serial}: give that, none, or another store.`);
		return { serial: stored.serial, key: sameKey(stored.key, given.key) };
	}
	// 128 bits for the KEY (R-347-7); both in characters that no decoder needs to unescape (R-347-32).
	const serial = given.serial ?? encodeBase32(random(5));
	const key = given.key ?? encodeBase32(random(16));
	vault.write(FACTORY, { serial, key });
	return { serial, key };
}

/** The KEY of a node, after loadFactory(). It has nothing to do with the thing's: whoever owns that has seen its sticker. */
export function loadNodeKey(vault: Vault, random: Host["random"], id: string, given: string | undefined): string {
	const record = vault.read(FACTORY);
	const stored = record?.[NODE + id];
	if (typeof stored === "string") return sameKey(stored, given);
	const key = given ?? encodeBase32(random(16));
	vault.write(FACTORY, { ...record, [NODE + id]: key });
	return key;
}

function sameKey(stored: string, given: string | undefined): string {
	if (given !== undefined && given !== stored)
		throw new Error("This store belongs to a thing with another KEY: give that, none, or another store.");
	return stored;
}

/** What was given last stands; a batch shares it, so another one is no other thing's. */
export function loadAPIKey(vault: Vault, given: APIKey | undefined): APIKey | undefined {
	const stored = vault.read(API_KEY);
	const known =
		typeof stored?.key === "string" && typeof stored.secret === "string" ? { key: stored.key, secret: stored.secret } : undefined;
	if (!given || (given.key === known?.key && given.secret === known.secret)) return known;
	vault.write(API_KEY, { key: given.key, secret: given.secret });
	return given;
}

export function forgetAPIKey(vault: Vault): void {
	vault.delete(API_KEY);
}

/** Throws where there can be no sticker: serial number and KEY come from elsewhere than the definition. */
export function checkSticker(tags: readonly Tag[]): void {
	for (let i = 0; i < tags.length; i++) {
		const { name, value } = tags[i]!;
		const fault = typeof value === "string" ? checkValue(value) : undefined;
		if (fault !== undefined) throw new Error(`The sticker cannot be made: the value of the tag ${name} ${fault}.`);
	}
}

/** With the KEY that holds now. A fresh one needs no storing, and who knew another knows nothing of it. */
export function factoryNow(
	definition: Pick<Definition, "key">,
	factory: FactoryData,
	crypto: Pick<Crypto, "hmac">,
	epoch: number
): FactoryData {
	if (definition.key !== "fresh") return factory;
	const sum = crypto.hmac("SHA-256", encodeUTF8(factory.key), encodeUTF8(`KEY ${epoch}`));
	return { serial: factory.serial, key: encodeBase32(sum.subarray(0, 16)) };
}

/** Exactly the sticker's tags, and nothing that changes while nobody owns the thing (R-347-4, 6). Of a node: with its own KEY. */
export function tagsOf(definition: Definition, factory: FactoryData, node?: NodeDefinition): readonly Tag[] {
	const of = node ?? definition;
	const tags: Tag[] = [
		{ name: "SN", value: node ? `${factory.serial}-${node.id}` : factory.serial },
		{ name: "MAN", value: definition.manufacturer },
		{ name: "MODEL", value: of.model ?? definition.model },
		{ name: "V", value: definition.version }
	];
	if (of.class !== undefined) tags.push({ name: "CLASS", value: of.class });
	if (of.name !== undefined) tags.push({ name: "NAME", value: of.name });
	// What is its own cannot be claimed.
	if (of.selfOwned !== true) tags.push({ name: "KEY", value: factory.key });
	return tags;
}
