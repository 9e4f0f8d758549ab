// Where stanzas go out: written in place, sent when complete. The stream is one; a test's list is another.
import type { Writer } from "../xml/writer.js";

export interface Outbox {
	/** Starts a stanza in the stream's namespace; one that was never sent is dropped. */
	open(name: "iq" | "message" | "presence", to?: string): Writer;
	/** Closes what is open and sends it. Nothing leaves while the stream is down. */
	send(): void;
}
