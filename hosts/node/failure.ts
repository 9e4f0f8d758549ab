// What Node says when a connection fails, in the words of the host interface.
import type { SocketError, SocketFailure } from "../../src/host.js";

const reasons: Readonly<Record<string, SocketFailure>> = Object.freeze({
	ENOTFOUND: "dns",
	EAI_AGAIN: "dns",
	EAI_FAIL: "dns",
	EAI_NODATA: "dns",
	EAI_NONAME: "dns",
	ECONNREFUSED: "refused",
	EHOSTUNREACH: "refused",
	ENETUNREACH: "refused",
	EHOSTDOWN: "refused",
	ENETDOWN: "refused",
	EADDRNOTAVAIL: "refused",
	EACCES: "refused",
	EPERM: "refused",
	ECONNRESET: "closed",
	ECONNABORTED: "closed",
	EPIPE: "closed",
	ETIMEDOUT: "timeout",
	CERT_HAS_EXPIRED: "expired",
	CERT_NOT_YET_VALID: "not-yet-valid",
	ERR_TLS_CERT_ALTNAME_INVALID: "wrong-name",
	HOSTNAME_MISMATCH: "wrong-name",
	UNABLE_TO_GET_ISSUER_CERT: "unknown-ca",
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unknown-ca",
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unknown-ca",
	SELF_SIGNED_CERT_IN_CHAIN: "unknown-ca",
	DEPTH_ZERO_SELF_SIGNED_CERT: "unknown-ca",
	CERT_UNTRUSTED: "unknown-ca",
	CERT_SIGNATURE_FAILURE: "unknown-ca",
	INVALID_CA: "unknown-ca"
});

/** Node's word for what its OpenSSL found in a chain and it has none for; and OpenSSL's own, where somebody has signed who is no CA. */
const UNSPECIFIED = "UNSPECIFIED";
const NO_CA = "key usage does not include certificate signing";

function codeOf(error: unknown): string | undefined {
	if (typeof error !== "object" || error === null) return undefined;
	// Node tries IPv6 and IPv4 and reports both failures in one AggregateError.
	if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
	const code = (error as { code?: unknown }).code;
	return typeof code === "string" ? code : undefined;
}

/** The reason in the host's words, or undefined when Node's error is none of the network's. */
export function reasonOf(error: unknown): SocketFailure | undefined {
	const code = codeOf(error);
	if (code === undefined) return undefined;
	if (Object.hasOwn(reasons, code)) return reasons[code];
	if (code === UNSPECIFIED) return textOf(error) === NO_CA ? "unknown-ca" : "tls";
	return code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") || code === "EPROTO" ? "tls" : undefined;
}

/** For a person. */
function textOf(error: unknown): string {
	const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
	// By their shape: errors of TLS may come from another realm, in which Error is not this one.
	const { reason, message } = (typeof inner === "object" && inner !== null ? inner : {}) as { reason?: unknown; message?: unknown };
	// What OpenSSL means, without where in its sources it was found.
	if (codeOf(error)?.startsWith("ERR_SSL_") && typeof reason === "string") return reason;
	return typeof message === "string" && message !== "" ? (message.split("\n", 1)[0] ?? "") : (codeOf(error) ?? "unknown failure");
}

/** An error of a socket; `secure` says that TLS had begun, so what is not known better is TLS's. */
export function socketError(error: unknown, secure: boolean): SocketError {
	return Object.freeze({ reason: reasonOf(error) ?? (secure ? "tls" : "refused"), detail: textOf(error) });
}
