// What the chip's host uses of the SDK beyond what the simulator's does, and what its build says.

declare module "mc/config" {
	/** `make esp32` writes it (hosts/factory/site.ts). */
	const config: Readonly<Record<string, unknown>>;

	export { config as default };
}

declare module "embedded:network/interface/wifi" {
	export default class WiFi {
		constructor(options: { onChanged?: (property: "connection" | "address") => void });
		close(): void;
		connect(options: { SSID: string; password?: string }): void;
		disconnect(): void;
		/** 200 disconnected, 300 connecting, 400 connected, 500 with an address. */
		readonly connection: number;
	}
}

declare module "embedded:network/interface/ethernet" {
	export default class Ethernet {
		constructor(options: { onChanged?: (property: "connection" | "address") => void });
		close(): void;
		connect(): void;
		readonly connection: number;
	}
}

declare module "embedded:io/digital" {
	export default class Digital {
		static readonly InputPullUp: number;
		static readonly Output: number;
		static readonly Rising: number;
		static readonly Falling: number;
		constructor(options: { pin: number; mode: number; edge?: number; onReadable?: () => void });
		read(): number;
		write(value: number): void;
	}
}

declare module "embedded:io/i2c" {
	/** Made by a sensor's driver. */
	export default class I2C {
		private constructor();
	}
}
