// What carries the chip's packets; a board's manifest says which one it is.

export interface LinkOptions {
	/** Of the build: SSID and PASSWORD for Wi-Fi. */
	readonly option: (name: string) => string | undefined;
	/** There is an address, or there is none any more. Must not throw. */
	readonly onChange: (up: boolean) => void;
	/** For a person's log. */
	readonly log: (text: string) => void;
}

/** Joins, and joins again whenever it was lost. Throws, in one sentence, what is missing. */
export type CreateLink = (options: LinkOptions) => void;
