// What a scanner tells of what it read, the one in TypeScript and the one in C alike.

export const enum Token {
	/** All bytes were taken, and no token has ended. */
	none,
	open,
	/** A start tag that is the end tag too. */
	empty,
	close,
	/** A piece of text. */
	text,
	declaration,
	refused
}

export const enum Mark {
	/** An attribute that declares no namespace has a prefix. */
	prefixed = 1,
	/** The start tag breaks a bound that only ends the stanza. */
	large = 2,
	/** Of an end tag: its start tag declared namespaces. */
	declares = 4
}
