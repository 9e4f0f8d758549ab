// Types of what we use of @xmpp/client, which ships none.
declare module "@xmpp/client" {
	import type { EventEmitter } from "node:events";

	export interface Element {
		readonly name: string;
		readonly attrs: { [name: string]: string | undefined };
		is(name: string, namespace?: string): boolean;
		getText(): string;
		getChild(name: string, namespace?: string): Element | undefined;
		getChildren(name: string, namespace?: string): Element[];
		getChildElements(): Element[];
		getChildText(name: string, namespace?: string): string | null;
		getNS(): string | undefined;
		text(): string;
		toString(): string;
	}

	export type Node = Element | string | false | null | undefined;

	export function xml(name: string, attributes?: { [name: string]: string | undefined } | string, ...children: (Node | Node[])[]): Element;

	export interface Transport {
		new (): unknown;
		readonly prototype: { socketParameters(service: string): object | undefined };
	}

	export interface Client extends EventEmitter {
		readonly status: string;
		readonly jid: { toString(): string; bare(): { toString(): string } } | null;
		readonly transports: Transport[];
		readonly reconnect: { delay: number; start(): void; stop(): void };
		readonly streamManagement: EventEmitter;
		readonly iqCaller: { request(stanza: Element, milliseconds?: number): Promise<Element> };
		readonly iqCallee: { set(namespace: string, name: string, handler: (context: { stanza: Element }) => Element | boolean): void };
		isSecure(): boolean;
		connect(service: string): Promise<unknown>;
		open(options: { domain: string }): Promise<unknown>;
		stop(): Promise<unknown>;
		send(stanza: Element): Promise<void>;
	}

	export type Authenticate = (credentials: { username: string; password: string }, mechanism: string, userAgent?: Element) => Promise<void>;

	export function client(options: {
		service: string;
		domain: string;
		resource?: string;
		timeout?: number;
		username?: string;
		credentials: (authenticate: Authenticate, mechanisms: string[]) => Promise<void>;
	}): Client;
}
