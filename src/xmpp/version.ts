// Name and version of the software (XEP-0092). No <os/>: it tells an attacker more than a friend.
import type { Disco } from "./disco.js";

export const VERSION = "jabber:iq:version";

export function answerVersion(disco: Disco, software: { readonly name: string; readonly version: string }): void {
	disco.serve("query", VERSION, (request) => {
		const writer = request.result().open("query", VERSION);
		writer.open("name").text(software.name).close().open("version").text(software.version);
		request.send();
	});
}
