// What a host is written as.

/** Four decimal numbers (RFC 6943 3.1.1, strict form). */
export function isIPv4(text: string): boolean {
	const parts = text.split(".");
	if (parts.length !== 4) return false;
	for (const part of parts) {
		if (part.length < 1 || part.length > 3) return false;
		for (let i = 0; i < part.length; i++) if (!isDigit(part.charCodeAt(i))) return false;
		if (Number(part) > 255) return false;
	}
	return true;
}

/** A host name in ASCII, as a certificate carries it: no address, since SNI carries none (RFC 6066 3). */
export function isName(text: string): boolean {
	if (text.length < 1 || text.length > 253 || isIPv4(text)) return false;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (!isNameByte(code) && code !== 0x2e) return false;
	}
	return true;
}

/** Of a label: letters, digits, hyphen, and the underscore of services. */
export function isNameByte(code: number): boolean {
	const letter = code | 0x20;
	return (letter >= 0x61 && letter <= 0x7a) || isDigit(code) || code === 0x2d || code === 0x5f;
}

function isDigit(code: number): boolean {
	return code >= 0x30 && code <= 0x39;
}
