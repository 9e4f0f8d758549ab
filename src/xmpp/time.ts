// What time is it? (XEP-0202) Answered in UTC; asked of the broker by a thing without a clock.
import type { Clock } from "../host.js";
import { parseDateTime, writeDateTime } from "../text/datetime.js";
import type { Disco } from "./disco.js";
import type { IQRouter } from "./iq.js";

export const TIME = "urn:xmpp:time";

export function answerTime(disco: Disco, clock: Clock): void {
	disco.serve("time", TIME, (request) => {
		// A guess would be believed.
		if (!clock.trusted) {
			request.fail("resource-constraint", "the clock is not set yet");
			return;
		}
		const writer = request.result().open("time", TIME);
		writer.open("tzo").text("Z").close().open("utc").text(writeDateTime(clock.now()));
		request.send();
	});
}

/** Gives milliseconds since 1970 UTC as `jid` says, or undefined when it says nothing of use. */
export function requestTime(router: IQRouter, jid: string, onTime: (milliseconds: number | undefined) => void): void {
	router.open("get", jid).open("time", TIME);
	router.send((answer) => {
		const payload = answer.payload;
		const utc = payload?.namespace === TIME ? payload.child("utc", TIME) : undefined;
		onTime(utc && parseDateTime(utc.text));
	});
}
