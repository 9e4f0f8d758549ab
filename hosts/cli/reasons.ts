// Why there is no connection, in a sentence that says what to do about it.

export interface Place {
	readonly domain: string;
	readonly address: string;
}

/** The server's own words, if it had any but the condition's name. */
function said(detail: string, condition: string): string {
	return detail === "" || detail === condition ? "" : ` (${detail})`;
}

/** `reason` is the session's or the socket's word, `detail` what was found. */
export function explainOffline(reason: string, detail: string, { domain, address }: Place): string {
	switch (reason) {
		case "dns":
			return `The name in ${address} is not known: check it, or give the broker's address with --address.`;
		case "refused":
			return `Nobody answers at ${address}: is the broker running there?`;
		case "closed":
			return `The broker at ${address} closed the connection.`;
		case "link":
			return "This machine has no network just now.";
		case "timeout":
			return `The broker at ${address} does not answer in time.`;
		case "unknown-ca":
			return `The certificate of ${address} is from an authority that is not trusted here: give the broker's CA with --ca, if it is the right broker.`;
		case "wrong-name":
			return `The certificate of ${address} is not for ${domain}: that is another server, or --domain is wrong.`;
		case "expired":
			return `The certificate of ${domain} has expired: the broker needs a new one (or this machine's clock is wrong).`;
		case "not-yet-valid":
			return `The certificate of ${domain} is not valid yet: is this machine's clock right?`;
		case "tls":
			return `No safe connection to ${address}: ${detail}. Does it speak TLS from the first byte (--tls direct) or later (--tls starttls)?`;
		case "no-starttls":
			return `The broker at ${address} offers no encryption there; nothing was sent. Is --tls direct on another port what it wants?`;
		case "no-mechanism":
			return `The broker at ${address} offers no login that this side takes (SCRAM-SHA-256 or SCRAM-SHA-1).`;
		case "server-signature":
			return `The server at ${address} could not prove that it knows the account: it may not be the broker.`;
		case "not-authorized":
			return `The broker does not accept the password of the account: ${detail}`;
		case "refused-account":
			return `The broker makes no account: ${detail}`;
		case "refused-signature":
			return `The broker takes no signature made with this API key: are --api-key and --api-secret right, and this machine's clock? It is asked again in an hour.`;
		case "no-time":
			return "The broker wants a signed registration, and a signature needs the time, which is not known yet.";
		case "account-conflict":
			return `The account stands at ${domain} with another password: no other name is taken instead. Remove that account, or reset the thing.`;
		case "account-throttled":
			return `The broker makes no account just now: ${detail}`;
		case "no-service":
			return `The domain ${domain} says by its SRV records that it has no XMPP service for clients: check the domain, or give the broker's address with --address.`;
		case "conflict":
			return "Another connection of the same account took this one's place.";
		case "sasl:temporary-auth-failure":
			return `The broker at ${address} cannot check passwords just now${said(detail, "temporary-auth-failure")}.`;
		case "sasl:account-disabled":
			return `The broker has disabled the account${said(detail, "account-disabled")}: its operator can enable it.`;
		case "sasl:credentials-expired":
			return `The broker says that the account's password has expired${said(detail, "credentials-expired")}.`;
		case "sasl:tasks":
			return `The broker at ${address} wants more than the account's password, which a thing cannot give.`;
		case "bind:resource-constraint":
			return `The broker at ${address} takes no more connections of this account just now${said(detail, "resource-constraint")}.`;
		case "sm:no-count":
			return `The broker at ${address} acknowledged without saying how much: the connection begins anew.`;
		case "sm:handled-count-too-high":
			return `The broker at ${address} acknowledged more than it was sent${said(detail, "")}: the connection begins anew.`;
		case "sm:forgotten":
			return `The broker at ${address} resumed a session that was given up meanwhile: the connection begins anew.`;
		case "stream-error:system-shutdown":
			return `The broker at ${address} shuts down.`;
		case "stream-error:reset":
			return `The broker at ${address} wants everybody to connect anew.`;
		case "stream-error:resource-constraint":
			return `The broker at ${address} is busy${said(detail, "resource-constraint")}.`;
		case "stream-error:see-other-host":
			return `The broker at ${address} sends us to ${detail === "" ? "nowhere" : detail}.`;
		case "stream-error:policy-violation":
			return `The broker at ${address} says that its rules were broken${said(detail, "policy-violation")}.`;
		case "stream-error:host-unknown":
		case "stream-error:host-gone":
			return `The server at ${address} does not serve ${domain}: is --domain right?`;
		case "stream-error:not-authorized":
			return `The broker at ${address} ended the connection as not allowed${said(detail, "not-authorized")}.`;
		case "stream-error:unsupported-version":
			return `The server at ${address} speaks no XMPP 1.0.`;
		case "shutdown":
			return "Ended.";
		case "overflow":
			return "The broker does not take what is sent to it.";
		default:
			return `The connection to ${address} ended: ${reason}${detail === "" || detail === reason ? "" : ` (${detail})`}.`;
	}
}
