// How `extasis start` tells what happens: a word, what it means, and one live line at the end.
import { coloursFor } from "./colours.js";
import { printable } from "./errors.js";

export class Story {
	readonly #out: NodeJS.WriteStream;
	readonly colours;
	#live = false;

	constructor(out: NodeJS.WriteStream) {
		this.#out = out;
		this.colours = coloursFor(out);
	}

	title(text: string): void {
		this.#write(`\n  ${this.colours.bold(text)}\n\n`);
	}

	/** `word` is green when something good came about, red when not. */
	tell(word: string, text: string, mood: "plain" | "good" | "bad" = "plain"): void {
		const { dim, green, red } = this.colours;
		const paint = mood === "good" ? green : mood === "bad" ? red : dim;
		this.#write(`  ${paint(word.padEnd(9))} ${printable(text)}\n`);
	}

	/** Text of its own, set apart. */
	block(text: string): void {
		const lines = text.split("\n").map((line) => (line === "" ? "" : `  ${line}`));
		this.#write(`\n${lines.join("\n")}\n\n`);
	}

	/** On a terminal the next one takes its place. */
	live(word: string, text: string): void {
		if (this.#out.isTTY !== true) {
			this.tell(word, text);
			return;
		}
		// Longer than the terminal is wide, it could not be taken back.
		const line = `  ${word.padEnd(9)} ${printable(text)}`.slice(0, Math.max(20, (this.#out.columns || 80) - 1));
		this.#out.write(`\r\u001b[K${this.colours.dim(line.slice(0, 11))}${line.slice(11)}`);
		this.#live = true;
	}

	#write(text: string): void {
		this.#out.write(this.#live ? `\n${text}` : text);
		this.#live = false;
	}
}
