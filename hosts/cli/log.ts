// A thing's life for a person: each of its events in one line.
import type { ThingEvent } from "../../src/host.js";
import { explainOffline, type Place } from "./reasons.js";

/** By whose word somebody may or may not. */
const words: Readonly<Record<string, string>> = Object.freeze({
	service: "so says the provisioning service",
	memory: "so said the provisioning service before",
	nobody: "nobody could say so"
});

function listed(names: unknown): string {
	return Array.isArray(names) && names.length > 0 ? names.join(", ") : "nothing";
}

export function describeEvent(event: ThingEvent, place: Place): string {
	const sentence = sentenceOf(event, place);
	return event.node === undefined ? sentence : `Node ${String(event.node)}: ${sentence}`;
}

function sentenceOf(event: ThingEvent, place: Place): string {
	const say = (name: string): string => String(event[name] ?? "");
	switch (event.event) {
		case "account":
			return `The broker made the account ${say("jid")}.`;
		case "online":
			return `Online as ${say("jid")}.`;
		case "resumed":
			return `Back as ${say("jid")}: nothing was lost.`;
		case "registered":
			return `Registered with ${say("registry")}: whoever has the sticker can claim the thing.`;
		case "claimed":
			return `Owned by ${say("owner")}.`;
		case "removed":
			return "Taken out of the registry by its owner; it is still his.";
		case "disowned":
			return "Disowned: it is nobody's again.";
		case "paired":
			return `By its button: ${say("service")} decides for it from now on.`;
		case "reset":
			return "Reset: nothing of an owner is left.";
		case "readout":
			return `Read by ${say("from")}: ${listed(event.fields)} (${say("outcome")}).`;
		case "control":
			return `Set by ${say("from")}: ${listed(event.parameters)} (${say("outcome")}${event.reason === undefined ? "" : `: ${say("reason")}`}).`;
		case "decision":
			return `${say("about")} ${event.allowed === true ? "may" : "may not"}: ${words[say("by")] ?? say("by")}.`;
		case "denied":
			return `Refused: ${say("from")} (${say("what")}).`;
		case "offline": {
			const next = typeof event.retry !== "number" ? "" : event.retry < 1 ? " Next try at once." : ` Next try in ${event.retry} s.`;
			return explainOffline(say("reason"), say("detail"), { ...place, address: say("address") || place.address }) + next;
		}
		case "error":
			return say("message");
		case "abort":
			return `The engine died: ${say("reason")}.`;
		case "restart":
			return "It starts again.";
		default:
			return event.event;
	}
}
