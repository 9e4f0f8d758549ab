// The simulated screen: the sticker as a QR, where the thing stands, and its values with knobs to turn by touch.

import Resource from "Resource";
import Poco, { type PocoPrototype, type Screen } from "commodetto/Poco";
import parseBMF from "commodetto/parseBMF";
import qrCode from "qrcode";
import { type Knob, knobs, type Station } from "./station.js";

const rowHeight = 26;
const margin = 6;
const stateHeight = 40;
/** Modules that a QR code keeps free around it (ISO/IEC 18004 5.3.8). */
const quiet = 4;

/** The simulator's global object. */
export type SimulatedScreen = Screen & {
	context?: { onTouchBegan(index: number, x: number, y: number): void };
	onMessage?: (message: unknown) => void;
	/** To whom shows the screen; headless.c ends with the code of "exit CODE". */
	postMessage(message: string): void;
};

interface Place {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export class Panel {
	#poco: PocoPrototype;
	#font = parseBMF(new Resource("OpenSans-Semibold-16.bf4"));
	#black: number;
	#white: number;
	#grey: number;
	#station: Station;
	/** Where the QR is; above the values, or beside them where the screen is wide. */
	#picture: Place;
	#rows: Place;
	#states: Place;

	/** What is touched turns the station's knobs. */
	constructor(screen: SimulatedScreen, station: Station) {
		const poco = new Poco(screen, { displayListLength: 4096 });
		const { width, height } = poco;
		const rowsHeight = rowHeight * (knobs.length + 1);
		this.#poco = poco;
		this.#black = poco.makeColor(0, 0, 0);
		this.#white = poco.makeColor(255, 255, 255);
		this.#grey = poco.makeColor(200, 200, 200);
		this.#station = station;
		if (width > height) {
			const side = Math.min(height - stateHeight, width >> 1);
			this.#picture = { x: 0, y: 0, width: side, height: side };
			this.#rows = { x: side, y: 0, width: width - side, height: rowsHeight };
		} else {
			const side = height - rowsHeight - stateHeight;
			this.#picture = { x: 0, y: 0, width, height: side };
			this.#rows = { x: 0, y: side + stateHeight, width, height: rowsHeight };
		}
		this.#states = { x: 0, y: this.#picture.height, width: this.#picture.width, height: stateHeight };
		this.#fill({ x: 0, y: 0, width, height });
		this.#drawRows();
		station.watch(() => this.#drawRows());
		screen.context = { onTouchBegan: (_index: number, x: number, y: number) => this.#touched(x, y) };
	}

	/** The URI, KEY included: who sees the screen stands in front of the thing. */
	sticker(uri: string): void {
		const code = qrCode({ input: uri });
		const { size } = code;
		const modules = new Uint8Array(code);
		const { x, y, width, height } = this.#picture;
		const scale = Math.floor(Math.min(width, height) / (size + 2 * quiet));
		this.#fill(this.#picture);
		if (scale < 1) {
			this.state("The screen is too small", "for the sticker.");
			return;
		}
		const left = x + ((width - size * scale) >> 1);
		const top = y + ((height - size * scale) >> 1);
		// Row by row: the whole would be thousands of rectangles at once.
		for (let row = 0; row < size; row++) this.#drawModules(modules.subarray(row * size, (row + 1) * size), left, top + row * scale, scale);
	}

	/** There is no sticker to show. */
	clear(): void {
		this.#fill(this.#picture);
	}

	/** Two short lines. */
	state(first: string, second = ""): void {
		const place = this.#states;
		this.#begin(place);
		this.#poco.drawText(first, this.#font, this.#black, place.x + margin, place.y, place.width - 2 * margin);
		this.#poco.drawText(second, this.#font, this.#black, place.x + margin, place.y + 18, place.width - 2 * margin);
		this.#poco.end();
	}

	#drawModules(row: Uint8Array, x: number, y: number, scale: number): void {
		const poco = this.#poco;
		poco.begin(x, y, row.length * scale, scale);
		poco.fillRectangle(this.#white, x, y, row.length * scale, scale);
		for (let at = 0; at < row.length; ) {
			let end = at;
			while (end < row.length && row[end] === row[at]) end++;
			if (row[at] !== 0) poco.fillRectangle(this.#black, x + at * scale, y, (end - at) * scale, scale);
			at = end;
		}
		poco.end();
	}

	#drawRows(): void {
		const { x, y, width } = this.#rows;
		const station = this.#station;
		this.#begin(this.#rows);
		for (let row = 0; row <= knobs.length; row++) {
			const knob = knobs[row];
			const top = y + row * rowHeight;
			this.#poco.fillRectangle(this.#grey, x, top, width, 1);
			if (knob === undefined) this.#label(`Relay ${station.value("Relay") === true ? "on" : "off"}`, x, top, width);
			else {
				this.#poco.drawText("-", this.#font, this.#black, x + margin, top + 4);
				this.#poco.drawText("+", this.#font, this.#black, x + width - 3 * margin, top + 4);
				this.#label(`${knob.name} ${String(station.value(knob.name))} ${knob.unit}`, x, top, width);
			}
		}
		this.#poco.end();
	}

	#label(text: string, x: number, top: number, width: number): void {
		const free = width - this.#poco.getTextWidth(text, this.#font);
		this.#poco.drawText(text, this.#font, this.#black, x + Math.max(3 * margin, free >> 1), top + 4, width - 6 * margin);
	}

	#touched(x: number, y: number): void {
		const { x: left, y: top, width, height } = this.#rows;
		if (x < left || x >= left + width || y < top || y >= top + height) return;
		const knob: Knob | undefined = knobs[Math.floor((y - top) / rowHeight)];
		if (knob === undefined) this.#station.toggle();
		else this.#station.turn(knob, x < left + (width >> 1) ? -1 : 1);
	}

	#begin({ x, y, width, height }: Place): void {
		this.#poco.begin(x, y, width, height);
		this.#poco.fillRectangle(this.#white, x, y, width, height);
	}

	#fill(place: Place): void {
		this.#begin(place);
		this.#poco.end();
	}
}
