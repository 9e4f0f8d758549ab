// What a thing answers as every XMPP entity does: what it is, what it can, whether it is there, its version and time.
import type { Clock } from "../host.js";
import { Disco } from "../xmpp/disco.js";
import type { IQRouter } from "../xmpp/iq.js";
import { answerPing } from "../xmpp/ping.js";
import { SIGNATURE } from "../xmpp/signed-form.js";
import { answerTime } from "../xmpp/time.js";
import { answerVersion } from "../xmpp/version.js";
import type { Definition } from "./definition.js";

const SOFTWARE = Object.freeze({ name: "Extasis", version: "0.1.0" });

/** `signs`: forms, by an API key. `allowed`: who may learn it. */
export function introduce(
	router: IQRouter,
	definition: Definition,
	clock: Clock,
	signs: boolean,
	allowed: (from: string) => boolean
): Disco {
	const identity = { category: "client", type: "bot", name: definition.name ?? definition.model };
	const disco = new Disco({ router, identity, node: `https://${definition.manufacturer}`, allowed });
	if (signs) disco.add(SIGNATURE);
	answerPing(disco);
	answerVersion(disco, SOFTWARE);
	answerTime(disco, clock);
	return disco;
}
