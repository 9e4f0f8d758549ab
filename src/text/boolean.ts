// xs:boolean (XML Schema part 2, 3.2.2).

/** undefined when it is neither. White space around is dropped (whiteSpace=collapse). */
export function parseBoolean(text: string): boolean | undefined {
	switch (text.trim()) {
		case "true":
		case "1":
			return true;
		case "false":
		case "0":
			return false;
		default:
			return;
	}
}
