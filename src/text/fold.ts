// Upper and lower case of ASCII letters are one: there are no Unicode tables on the chip.

/** A to Z as a to z; everything else as it is. The same string when nothing changes. */
export function foldASCII(text: string): string {
	let result = "";
	let kept = 0;
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if (code < 0x41 || code > 0x5a) continue;
		result += text.slice(kept, at) + String.fromCharCode(code + 0x20);
		kept = at + 1;
	}
	return kept === 0 ? text : result + text.slice(kept);
}

export function sameFolded(a: string, b: string): boolean {
	return a === b || (a.length === b.length && foldASCII(a) === foldASCII(b));
}
