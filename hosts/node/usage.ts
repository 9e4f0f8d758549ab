// What a certificate's key may do; OpenSSL takes one that may not sign for a server's as long as it may do something of TLS.
import { children, hex, partsOf } from "./der.js";

const EXTENSIONS = 0xa3;
/** keyUsage, 2.5.29.15 (RFC 5280 4.2.1.3). */
const KEY_USAGE = "551d0f";
const DIGITAL_SIGNATURE = 0x80;

/** RFC 8446 4.4.2.2, RFC 8422 5.3: a server of ours signs, in both versions of TLS. Who has no keyUsage may do all. */
export function maySign(certificate: Uint8Array): boolean {
	const extensions = children(certificate, partsOf(certificate)[0]).find(({ tag }) => tag === EXTENSIONS);
	for (const extension of children(certificate, children(certificate, extensions)[0])) {
		// Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue OCTET STRING { BIT STRING } }
		const parts = children(certificate, extension);
		if (hex(certificate, parts[0]) !== KEY_USAGE) continue;
		const bits = children(certificate, parts.at(-1))[0];
		// Its first byte counts the bits that are not there.
		return bits !== undefined && bits.to > bits.from + 1 && (certificate[bits.from + 1]! & DIGITAL_SIGNATURE) !== 0;
	}
	return true;
}
