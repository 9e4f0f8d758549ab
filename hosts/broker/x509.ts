// Certificates and challenges by Node: the token office takes them as a parameter.

import { constants, publicEncrypt, randomBytes, X509Certificate } from "node:crypto";
import type { X509 } from "./tokens.js";

/** Characters of a certificate in base64, and bits of its key: below, it is weak, and above, work. */
const LONGEST = 8192;
const BITS = { least: 2048, most: 4096 } as const;

export const x509: X509 = Object.freeze({
	parse: (text: string) => {
		if (text.length > LONGEST || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
		try {
			const certificate = new X509Certificate(Buffer.from(text, "base64"));
			const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
			const bits = asymmetricKeyDetails?.modulusLength ?? 0;
			if (asymmetricKeyType !== "rsa" || bits < BITS.least || bits > BITS.most) return undefined;
			// As it stands, without what followed it.
			return { der: certificate.raw.toString("base64"), since: Date.parse(certificate.validFrom), until: Date.parse(certificate.validTo) };
		} catch {
			return undefined;
		}
	},
	challenge: (der: string) => {
		const secret = randomBytes(32);
		const key = new X509Certificate(Buffer.from(der, "base64")).publicKey;
		// The specification names no padding; what its author's programs read is OAEP with SHA-1.
		const sealed = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" }, secret);
		return { question: sealed.toString("base64"), answer: secret.toString("base64") };
	}
});
