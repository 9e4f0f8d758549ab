// What only one TLS connection has, by the types of RFC 5929 and RFC 9266, as far as Node tells.
import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { children, hex, type Part, partsOf } from "./der.js";

/** Hashes by the object identifier of the certificate's signature (hexadecimal DER); MD5 and SHA-1 count as SHA-256 (RFC 5929 section 4.1). */
const hashes: Readonly<Record<string, string>> = Object.freeze({
	"2a864886f70d010104": "sha256",
	"2a864886f70d010105": "sha256",
	"2a864886f70d01010b": "sha256",
	"2a864886f70d01010c": "sha384",
	"2a864886f70d01010d": "sha512",
	"2a8648ce3d0401": "sha256",
	"2a8648ce3d040302": "sha256",
	"2a8648ce3d040303": "sha384",
	"2a8648ce3d040304": "sha512",
	// Of RSASSA-PSS, which names its hash beside it.
	"2b0e03021a": "sha256",
	"608648016503040201": "sha256",
	"608648016503040202": "sha384",
	"608648016503040203": "sha512"
});
const PSS = "2a864886f70d01010a";

/** Undefined where this connection has nothing of that type, or Node cannot tell. */
export function channelBinding(socket: TLSSocket, type: string): Uint8Array | undefined {
	const newest = socket.getProtocol() === "TLSv1.3";
	switch (type) {
		case "tls-exporter":
			// On 1.2 it binds only with an extension that Node does not tell of (RFC 9266 section 4.2).
			return newest ? Uint8Array.from(socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0))) : undefined;
		case "tls-server-end-point":
			return endPoint(socket.getPeerCertificate().raw);
		case "tls-unique": {
			// Not defined for 1.3 (RFC 9266 section 3). The first Finished is ours, or the server's where a session was resumed.
			const first = newest ? undefined : socket.isSessionReused() ? socket.getPeerFinished() : socket.getFinished();
			return first === undefined ? undefined : Uint8Array.from(first);
		}
		default:
			return undefined;
	}
}

/** The certificate's hash by that of its own signature; undefined where that has none, as Ed25519. */
export function endPoint(certificate: Uint8Array | undefined): Uint8Array | undefined {
	if (certificate === undefined) return undefined;
	// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters }, signature }
	const [, algorithm] = partsOf(certificate);
	const [identifier, parameters] = children(certificate, algorithm);
	const name = hex(certificate, identifier);
	const hash = name === PSS ? pssHash(certificate, parameters) : hashes[name];
	return hash === undefined ? undefined : Uint8Array.from(createHash(hash).update(certificate).digest());
}

/** RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm DEFAULT sha1, … } (RFC 4055 3.1) */
function pssHash(bytes: Uint8Array, parameters: Part | undefined): string | undefined {
	const first = children(bytes, parameters)[0];
	if (first?.tag !== 0xa0) return "sha256";
	return hashes[hex(bytes, children(bytes, children(bytes, first)[0])[0])];
}
