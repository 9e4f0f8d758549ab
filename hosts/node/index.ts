// The host on Node: everything that stands under a thing which runs as an ordinary process.
import type { Host, Storage, ThingEvent } from "../../src/host.js";
import type { Definition } from "../../src/thing/definition.js";
import { crypto, random } from "./crypto.js";
import { createDiscovery, type DiscoveryOptions } from "./discovery.js";
import { lockFolder } from "./lock.js";
import { createNames } from "./names.js";
import { createVirtualParts } from "./sensors.js";
import { type ClientCertificate, NodeSocket } from "./socket.js";
import { FolderStorage } from "./storage.js";
import { createTimer } from "./timer.js";

export interface NodeHostOptions {
	/** Folder of the thing's storage; made if missing, locked until close(). */
	readonly store: string;
	/** Names the virtual sensors and actuators. */
	readonly definition: Definition;
	/** What makes this thing's sensors differ from another's; default is the folder. */
	readonly seed?: string;
	readonly onEvent?: (event: ThingEvent) => void;
	readonly log?: (text: string) => void;
	/** Shown to brokers that ask for one (XEP-0178); `account` is the user name that it is for. */
	readonly certificate?: ClientCertificate & { readonly account: string };
	/** DNS servers ("127.0.0.1:53") instead of the system's. */
	readonly nameServers?: readonly string[];
	/** Looks for the broker on the network around when nothing else leads to it; {} is the way of everybody there. */
	readonly discovery?: DiscoveryOptions;
	/** What is kept while the thing sleeps: whoever wakes it gives the same again. */
	readonly memory?: Storage;
	/** Shows the sticker, KEY included. */
	readonly onSticker?: (uri: string) => void;
}

export interface NodeHost extends Host {
	/** Stops the timer, lets the last words of open sockets leave, and frees the store. */
	close(): Promise<void>;
}

/** Throws with one sentence when another thing uses the store or the folder cannot be used. */
export function createNodeHost(options: NodeHostOptions): NodeHost {
	const { certificate, definition, log, onSticker, store } = options;
	const unlock = lockFolder(store);
	const storage = new FolderStorage(store);
	const clock = Object.freeze({ now: () => Date.now(), trusted: true });
	const timer = createTimer();
	const names = createNames(options.nameServers);
	const discovery = options.discovery === undefined ? undefined : createDiscovery(options.discovery);
	const sockets = new Map<NodeSocket, Promise<void>>();
	const parts = createVirtualParts({ definition, clock, seed: options.seed ?? store });

	return Object.freeze({
		network: Object.freeze({
			...(certificate === undefined ? {} : { account: certificate.account }),
			resolve: names.resolve,
			services: names.services,
			...(discovery === undefined ? {} : { discover: discovery.discover }),
			connect(wanted: Parameters<Host["network"]["connect"]>[0]) {
				let closed = (): void => {};
				const end = new Promise<void>((resolve) => {
					closed = resolve;
				});
				const onClosed = (): void => {
					sockets.delete(socket);
					closed();
				};
				const socket = new NodeSocket(wanted, onClosed, certificate);
				sockets.set(socket, end);
				return socket;
			}
		}),
		storage,
		...(options.memory === undefined ? {} : { memory: options.memory }),
		clock,
		timer,
		random,
		crypto,
		...parts,
		...(onSticker === undefined ? {} : { display: Object.freeze({ sticker: onSticker }) }),
		event: (event: ThingEvent) => options.onEvent?.(event),
		...(log === undefined ? {} : { log }),
		async close() {
			timer.clear();
			names.close();
			discovery?.close();
			const ends = [...sockets.values()];
			for (const socket of sockets.keys()) socket.close();
			await Promise.all(ends);
			unlock();
		}
	});
}
