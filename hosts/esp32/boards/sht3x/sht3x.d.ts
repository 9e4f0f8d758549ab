// The SDK's driver, which has no typing of its own.

declare module "embedded:sensor/Humidity-Temperature/SHT3x" {
	export default class SHT3x {
		constructor(options: { sensor: object; onError?: (error: string) => void });
		/** Of each only what its checksum confirms: degrees Celsius and percent. */
		sample(): { thermometer: { temperature?: number }; hygrometer: { humidity?: number } };
		close(): void;
	}
}
