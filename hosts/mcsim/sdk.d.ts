// What the simulated screen uses of the SDK.

declare module "qrcode" {
	/** One byte for each module, 1 is dark. Throws when the text is too long for a QR code. */
	export default function qrCode(options: { input: string }): ArrayBuffer & { readonly size: number };
}

declare module "Resource" {
	/** A file of the image, where it lies. */
	export default class Resource {
		constructor(path: string);
		readonly byteLength: number;
		private brand: boolean;
	}
}

declare module "commodetto/Poco" {
	export interface Font {
		readonly height: number;
	}
	export interface Screen {
		readonly width: number;
		readonly height: number;
	}
	export interface PocoPrototype {
		begin(x: number, y: number, width: number, height: number): void;
		end(): void;
		makeColor(r: number, g: number, b: number): number;
		fillRectangle(color: number, x: number, y: number, width: number, height: number): void;
		drawText(text: string, font: Font, color: number, x: number, y: number, width?: number): void;
		getTextWidth(text: string, font: Font): number;
		readonly width: number;
		readonly height: number;
	}
	const Poco: new (screen: Screen, options?: { displayListLength?: number }) => PocoPrototype;
	export default Poco;
}

declare module "commodetto/parseBMF" {
	import type Resource from "Resource";
	import type { Font } from "commodetto/Poco";
	export default function parseBMF(resource: Resource): Font;
}
