// Colour, where a person looks at a terminal and has not asked for none (no-color.org).

export interface Colours {
	readonly on: boolean;
	bold(text: string): string;
	dim(text: string): string;
	green(text: string): string;
	red(text: string): string;
}

export function coloursFor(stream: { readonly isTTY?: boolean }): Colours {
	const on = stream.isTTY === true && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb";
	const paint = (begin: number, end: number) => (text: string) => (on ? `\u001b[${begin}m${text}\u001b[${end}m` : text);
	return { on, bold: paint(1, 22), dim: paint(2, 22), green: paint(32, 39), red: paint(31, 39) };
}
