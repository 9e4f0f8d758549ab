// What is used of the Moddable SDK, so that these hosts are checked where there is no SDK; mcconfig checks them against its own typings.

/** A function in C, looked up when the module is linked. */
declare function native(name: string): (...args: unknown[]) => unknown;
/** A class whose instances belong to C; `name` is the destructor. */
declare function Native(name: string): new (...args: unknown[]) => object;

interface ArrayBufferConstructor {
	/** UTF-8. */
	fromString(text: string): ArrayBuffer;
}

interface StringConstructor {
	/** UTF-8; throws on what is none. */
	fromArrayBuffer(buffer: ArrayBufferLike): string;
}

declare module "timer" {
	class Timer {
		private constructor();
		static set(callback: (timer: Timer) => void, interval?: number, repeat?: number): Timer;
		static repeat(callback: (timer: Timer) => void, interval: number): Timer;
		static clear(timer: Timer | undefined | null): void;
		private brand: boolean;
	}

	export { Timer as default };
}

declare module "time" {
	const Time: {
		set(seconds: number): void;
	};

	export { Time as default };
}

declare module "embedded:io/socket/tcp" {
	export interface Options {
		/** In digits. */
		address: string;
		port: number;
		nodelay?: boolean;
		onReadable?: (this: TCP, bytes: number) => void;
		onWritable?: (this: TCP, bytes: number) => void;
		onError?: (this: TCP) => void;
	}
	export default class TCP {
		constructor(options: Options);
		read(byteLength?: number): number | ArrayBuffer | undefined;
		write(bytes: Uint8Array): number | undefined;
		close(): void;
	}
}

declare module "embedded:io/socket/udp" {
	export interface Options {
		port?: number;
		onReadable?: (this: UDP, packets: number) => void;
	}
	export default class UDP {
		constructor(options: Options);
		/** Undefined when there is none. */
		read(): (ArrayBuffer & { readonly address: string; readonly port: number }) | undefined;
		/** To an address in digits. */
		write(bytes: Uint8Array, address: string, port: number): void;
	}
}
