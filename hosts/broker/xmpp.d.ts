// The types of what this room uses of the xmpp.js packages, which ship none.

declare module "@xmpp/xml" {
	export class Element {
		constructor(name: string, attributes?: Record<string, string>);
		name: string;
		attrs: Record<string, string | undefined>;
		children: (Element | string)[];
		parent: Element | null;
		is(name: string, namespace?: string): boolean;
		getName(): string;
		getNS(): string | undefined;
		getChild(name: string, namespace?: string): Element | undefined;
		getChildElements(): Element[];
		getText(): string;
		getChildText(name: string, namespace?: string): string | null;
		append(...nodes: (Element | string)[]): void;
		toString(): string;
	}
	export class Parser {
		on(event: "start" | "element" | "end", listener: (element: Element) => void): void;
		on(event: "error", listener: (error: Error) => void): void;
		write(text: string): void;
	}
	/** Attributes that are undefined are not written. */
	export function xml(
		name: string,
		attributes?: Record<string, string | undefined>,
		...children: (Element | string | undefined | readonly Element[])[]
	): Element;
}

declare module "@xmpp/component" {
	import type { Socket } from "node:net";
	import type { Element } from "@xmpp/xml";
	export interface Component {
		readonly status: string;
		readonly socket: Socket | null;
		readonly reconnect: { delay: number; stop(): void };
		on(event: "stanza", listener: (stanza: Element) => void): void;
		on(event: "error", listener: (error: Error) => void): void;
		on(event: "online" | "disconnect" | "connect", listener: () => void): void;
		removeAllListeners(event: string): void;
		start(): Promise<unknown>;
		stop(): Promise<unknown>;
		send(element: Element): Promise<void>;
	}
	export function component(options: { service: string; domain: string; password: string }): Component;
}
