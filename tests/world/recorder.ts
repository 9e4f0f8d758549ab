// Writes down every element that a thing said, in words that are the same in every world: names, ids, times and values become placeholders.
import type { Network, Socket } from "../../src/host.js";
import { Element, StreamReader } from "./xml.js";

/** One element, or a step of the connection without one. */
export interface Said {
	readonly step: "connect" | "stream" | "element" | "end";
	readonly element: Element;
}

export class Recorder {
	/** Everything said, over all connections. */
	readonly said: Said[] = [];
	/** What was said that is no XML. */
	#faults: string[] = [];
	#onSaid: () => void;

	constructor(onSaid: () => void = () => {}) {
		this.#onSaid = onSaid;
	}

	/** All of it as text. `names`: what stands for what. Throws when anything was no XML. */
	transcript(names: ReadonlyMap<string, string>): string[] {
		if (this.#faults.length > 0) throw new Error(`the thing said what is no XML: ${this.#faults.join("; ")}`);
		return this.said
			.filter(({ element }) => !isAcknowledgement(element))
			.map(({ step, element }) => (step === "element" ? canonical(element, names) : `${step} ${canonical(element, names)}`));
	}

	/** A network that lets everything through and writes it down. */
	wrap(network: Network): Network {
		return Object.freeze({
			connect: (options: Parameters<Network["connect"]>[0]): Socket => {
				let reader = this.#reader();
				let begun = false;
				const follow = (bytes: Uint8Array): void => {
					// After <starttls/> is TLS, after SASL's last word a new stream: both begin with a header.
					if (begun && isHeader(bytes)) reader = this.#reader();
					begun = true;
					reader.write(bytes);
				};
				this.#note("connect", new Element(options.tls, { name: options.serverName }));
				const socket = network.connect(options);
				return {
					read: () => socket.read(),
					write: (bytes) => {
						const room = socket.write(bytes);
						if (bytes.length > 0) follow(bytes);
						return room;
					},
					startTLS: () => socket.startTLS(),
					channelBinding: (type) => socket.channelBinding?.(type),
					close: () => socket.close()
				};
			}
		});
	}

	#reader(): StreamReader {
		return new StreamReader({
			onStream: (root) => this.#note("stream", root),
			onStanza: (element) => this.#note("element", element),
			onEnd: () => this.#note("end", new Element("stream")),
			onError: (error) => this.#faults.push(error.message)
		});
	}

	#note(step: Said["step"], element: Element): void {
		this.said.push({ step, element });
		this.#onSaid();
	}
}

/** When a broker asks and how often is its own affair (XEP-0198 section 4). */
function isAcknowledgement(element: Element): boolean {
	return element.attrs.xmlns === "urn:xmpp:sm:3" && (element.name === "a" || element.name === "r");
}

function isHeader(bytes: Uint8Array): boolean {
	const start = String.fromCharCode(...bytes.subarray(0, 14));
	return start.startsWith("<?xml") || start.startsWith("<stream:stream");
}

/** Attributes that are never the same twice. */
const volatile: Readonly<Record<string, string>> = Object.freeze({ id: "{id}", previd: "{id}", timestamp: "{time}", stamp: "{time}" });

/** Attributes sorted, namespaces where they change, text and values as placeholders where chance or time made them. */
export function canonical(element: Element, names: ReadonlyMap<string, string>, parent = "jabber:client"): string {
	const space = element.attrs.xmlns ?? parent;
	const attributes = Object.entries(element.attrs)
		.filter((entry): entry is [string, string] => entry[0] !== "xmlns" && entry[1] !== undefined)
		.map(([name, value]) => `${name}="${placeholder(element, name, value, space, names)}"`)
		.sort();
	if (space !== parent) attributes.unshift(`xmlns="${space}"`);
	const children = element.children.map((child) =>
		typeof child === "string" ? textPlaceholder(element, child, space, names) : canonical(child, names, space)
	);
	return `<${[element.name, ...attributes].join(" ")}>${children.join("")}</${element.name}>`;
}

function placeholder(element: Element, name: string, value: string, space: string, names: ReadonlyMap<string, string>): string {
	if (name in volatile) return volatile[name]!;
	if (space === "urn:xmpp:sm:3" && name === "h") return "{count}";
	if (space === "urn:xmpp:iot:sensordata" && name === "value") {
		return element.name === "timestamp" ? "{time}" : element.attrs.identity ? value : "{value}";
	}
	return named(value, names);
}

function textPlaceholder(element: Element, text: string, space: string, names: ReadonlyMap<string, string>): string {
	if (space === "urn:ietf:params:xml:ns:xmpp-sasl" || space === "urn:xmpp:sasl:2") return text === "" || text === "=" ? text : "{sasl}";
	if (element.name === "password" || element.parent?.attrs.var === "password") return "{password}";
	if (element.name === "username" || element.parent?.attrs.var === "username") return "{thing}";
	if (space === "urn:xmpp:time") return "{time}";
	return named(text, names);
}

function named(text: string, names: ReadonlyMap<string, string>): string {
	let result = text;
	for (const [word, name] of [...names].sort(([a], [b]) => b.length - a.length)) if (word !== "") result = result.replaceAll(word, name);
	return result;
}
