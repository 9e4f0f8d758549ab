// What the world uses of @xmpp/xml beyond what hosts/broker declares.
import "@xmpp/xml";

declare module "@xmpp/xml" {
	interface Element {
		getChildren(name: string, namespace?: string): Element[];
	}
}
