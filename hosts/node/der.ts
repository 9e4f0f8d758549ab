// DER (X.690) as far as certificates need it here: what stands where.

export interface Part {
	readonly tag?: number;
	/** Of the content. */
	readonly from: number;
	readonly to: number;
}

/** What stands in it one after the other (X.690 8.1); what is no DER has none. */
export function children(bytes: Uint8Array, part: Part | undefined): Part[] {
	const found: Part[] = [];
	for (let at = part?.from ?? 0; part !== undefined && at + 2 <= part.to; ) {
		const tag = bytes[at]!;
		let length = bytes[at + 1]!;
		let from = at + 2;
		if (length >= 0x80) {
			const more = length & 0x7f;
			if (more === 0 || more > 4) return [];
			length = 0;
			for (let i = 0; i < more; i++) length = length * 256 + (bytes[from++] ?? 0);
		}
		if (from + length > part.to) return [];
		found.push({ tag, from, to: from + length });
		at = from + length;
	}
	return found;
}

export function hex(bytes: Uint8Array, part: Part | undefined): string {
	return part === undefined ? "" : Buffer.from(bytes.subarray(part.from, part.to)).toString("hex");
}

/** What a certificate's tbsCertificate and signatureAlgorithm are, one after the other (RFC 5280 4.1). */
export function partsOf(certificate: Uint8Array): Part[] {
	return children(certificate, children(certificate, { from: 0, to: certificate.length })[0]);
}
