// One person's chat client in a process of its own, since @xmpp/client takes a private CA only from the environment. Stanzas go both ways over IPC.
import { client, xml } from "@xmpp/client";

const { service, domain, username, password } = JSON.parse(process.argv[2]);
// Its own patience is two seconds, which a busy machine takes for a TLS handshake.
const entity = client({ service, domain, username, password, timeout: 20_000 });

entity.reconnect.stop();
entity.on("error", (error) => tell({ error: String(error.message ?? error) }));
entity.on("stanza", (stanza) => tell({ stanza: stanza.toString() }));
process.on("message", ({ name, attrs, children }) => {
	entity.send(element(name, attrs, children)).catch((error) => tell({ error: String(error.message ?? error) }));
});
process.on("disconnect", () => process.exit());

const jid = await entity.start();
await entity.iqCaller.request(xml("iq", { type: "get" }, xml("query", { xmlns: "jabber:iq:roster" })));
await entity.send(xml("presence"));
// The answer says that the presence has been dealt with.
await entity.iqCaller.request(xml("iq", { type: "get", to: domain }, xml("ping", { xmlns: "urn:xmpp:ping" })));
tell({ ready: jid.toString() });

/** The other side may have gone. */
function tell(message) {
	if (process.connected) process.send(message, () => {});
}

function element(name, attrs, children) {
	return xml(
		name,
		attrs,
		...children.map((child) => (typeof child === "string" ? child : element(child.name, child.attrs, child.children)))
	);
}
