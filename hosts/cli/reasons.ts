// Why there is no connection, in a sentence that says what to do about it.

export interface Place {
	readonly domain: string;
	readonly address: string;
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
		case "conflict":
			return "Another connection of the same account took this one's place.";
		case "shutdown":
			return "Ended.";
		case "overflow":
			return "The broker does not take what is sent to it.";
		default:
			return `The connection to ${address} ended: ${reason}${detail === "" || detail === reason ? "" : ` (${detail})`}.`;
	}
}
