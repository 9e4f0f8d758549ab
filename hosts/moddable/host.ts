// What the chip and the Moddable simulator offer alike: a host needs only clock, sensors and what it does with events.
import type { ConnectOptions, Host, Socket } from "../../src/host.js";
import { crypto, random } from "./crypto.js";
import { createNames, type NameServer } from "./names.js";
import { ModdableSocket } from "./socket.js";
import { storage } from "./storage.js";
import { createTimer } from "./timer.js";
import { Trust } from "./tls/tls.js";

export type HostParts = Pick<Host, "clock" | "sensors" | "actuators" | "button" | "light" | "display" | "event" | "log"> & {
	/** The host's own trust anchors, PEM or DER. */
	readonly anchors?: Uint8Array;
	/** Shown to brokers that ask for one (XEP-0178): PEM or DER, the chain after it; `account` is the user name that it is for. */
	readonly certificate?: { readonly account: string; readonly chain: Uint8Array; readonly key: Uint8Array } | undefined;
	/** Asked for names instead of those of the system or of DHCP. */
	readonly nameServer?: NameServer | undefined;
	/** As of host.network, where the link can come and go. */
	readonly onLink?: Host["network"]["onLink"];
	/** What a callback of the firmware threw: a fault of ours. */
	readonly onError: (error: unknown) => void;
};

export function createHost(parts: HostParts): Host {
	const { anchors: own, certificate, nameServer, onError, onLink, ...rest } = parts;
	const sockets = new Set<Socket>();
	let trust: Trust | undefined;
	let trusted: string | undefined;

	/** Parsed once, as long as the same are asked for. */
	function trustIn(anchors: string | undefined): Trust {
		if (trust === undefined || trusted !== anchors) {
			const bytes = anchors === undefined ? own : new Uint8Array(ArrayBuffer.fromString(anchors));
			if (bytes === undefined) throw new Error("none were given");
			trust = new Trust(bytes, certificate?.chain, certificate?.key);
			trusted = anchors;
		}
		return trust;
	}

	return Object.freeze({
		...rest,
		network: Object.freeze({
			...createNames({ random, nameServer, onError }),
			onLink,
			account: certificate?.account,
			connect(options: ConnectOptions): Socket {
				// Held here until it ends: the engine collects what nobody holds.
				const socket: ModdableSocket = new ModdableSocket({
					...options,
					trust: trustIn,
					now: () => parts.clock.now(),
					onClosed: () => sockets.delete(socket)
				});
				sockets.add(socket);
				return socket;
			}
		}),
		storage,
		timer: createTimer(onError),
		random,
		crypto
	});
}
