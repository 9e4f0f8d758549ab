// Are you there? (XEP-0199)
import type { Disco } from "./disco.js";
import type { IQRequest } from "./iq.js";

export const PING = "urn:xmpp:ping";

export function answerPing(disco: Disco): void {
	disco.serve("ping", PING, pong);
}

function pong(request: IQRequest): void {
	request.succeed();
}
