// What the peers' packages do not say about themselves.
declare module "ltx/lib/parsers/ltx.js" {
	export default class LtxParser {
		on(event: string, listener: (...values: unknown[]) => void): void;
		write(text: string): void;
	}
}
declare module "sax" {
	export interface SAXParser {
		onopentag: () => void;
		onclosetag: () => void;
		ontext: (text: string) => void;
		onerror: (error: Error) => void;
		write(text: string): void;
	}
	export function parser(strict: boolean, options: { xmlns: boolean }): SAXParser;
}
