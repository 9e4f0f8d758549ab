// The address of a name.
import { isIPv4 } from "./address.js";

const ask = native("xs_extasis_resolve") as (name: string, callback: (address: string | undefined) => void) => void;

/** The address where there is nothing to ask. */
export function addressOf(host: string): string | undefined {
	if (isIPv4(host)) return host;
	// RFC 6761 6.3: the loopback address, whatever a resolver says.
	return host === "localhost" ? "127.0.0.1" : undefined;
}

/** IPv4; undefined when there is none. The callback must not throw. Throws when the question cannot be asked. */
export function resolve(name: string, callback: (address: string | undefined) => void): void {
	// The longest that DNS can ask for (RFC 1035 2.3.4).
	if (name.length > 253) throw new RangeError("the name is too long");
	ask(name, callback);
}
