// Names on Node: addresses as the system resolves them (hosts file, IPv6 and all), SRV records from DNS.
import { lookup, Resolver } from "node:dns";
import { domainToASCII } from "node:url";
import type { Network, ServiceRecord, SocketError } from "../../src/host.js";
import { socketError } from "./failure.js";

export interface Names extends Required<Pick<Network, "resolve" | "services">> {
	/** Ends what is being asked; nobody is called any more. */
	close(): void;
}

/** What says that there is nothing; all else says that nobody could tell. */
const nothing: ReadonlySet<string | undefined> = new Set(["ENOTFOUND", "ENODATA", "ENONAME"]);

/** `nameServers` ("127.0.0.1:53") are asked instead of the system's, for addresses too. */
export function createNames(nameServers?: readonly string[]): Names {
	const resolver = new Resolver({ timeout: 3000, tries: 3 });
	if (nameServers !== undefined) resolver.setServers(nameServers);
	let closed = false;

	/** The host's answer from Node's. */
	function answer<T>(onAnswer: (error: SocketError | undefined, list: readonly T[]) => void) {
		return (error: NodeJS.ErrnoException | null, list: readonly T[] | undefined): void => {
			if (closed) return;
			if (error === null) onAnswer(undefined, list ?? []);
			else if (nothing.has(error.code)) onAnswer(undefined, []);
			else onAnswer({ ...socketError(error, false), reason: "dns" }, []);
		};
	}

	/** IPv6 first, as RFC 6724 would have it. */
	function askBoth(name: string, onAddresses: Parameters<Names["resolve"]>[1]): void {
		const found: string[][] = [[], []];
		let waiting = 2;
		let failure: SocketError | undefined;
		const hear = (family: number) =>
			answer<string>((error, addresses) => {
				failure ??= error;
				found[family] = [...addresses];
				if (--waiting === 0) onAddresses(found.flat().length > 0 ? undefined : failure, found.flat());
			});
		resolver.resolve6(name, hear(0));
		resolver.resolve4(name, hear(1));
	}

	return Object.freeze({
		resolve(name: string, onAddresses: Parameters<Names["resolve"]>[1]): void {
			const host = domainToASCII(name);
			if (nameServers !== undefined) askBoth(host, onAddresses);
			else {
				const hear = answer<string>(onAddresses);
				lookup(host, { all: true, verbatim: true }, (error, addresses) => {
					hear(
						error,
						addresses?.map(({ address }) => address)
					);
				});
			}
		},
		services(name: string, onRecords: Parameters<Names["services"]>[1]): void {
			const hear = answer<ServiceRecord>(onRecords);
			resolver.resolveSrv(domainToASCII(name), (error, records) => {
				hear(
					error,
					// c-ares writes the root as "".
					records?.map(({ name: target, port, priority, weight }) => ({ target: target === "" ? "." : target, port, priority, weight }))
				);
			});
		},
		close(): void {
			closed = true;
			resolver.cancel();
		}
	});
}
