// Are you there? (XEP-0199)
import type { Disco } from "./disco.js";

export const PING = "urn:xmpp:ping";

export function answerPing(disco: Disco): void {
	disco.serve("ping", PING, (request) => request.succeed());
}
