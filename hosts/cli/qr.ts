// A sticker's QR: in the terminal, as SVG, as PNG. UTF-8 bytes, error correction M (XEP-0347 3.5).
import { create, toBuffer, toString as toText } from "qrcode";

/** Light modules around it, without which a phone finds nothing. */
const quiet = 2;
const level = "M";

/** Half a character per module. In colours it is black on white on any terminal; without, light is drawn and the ground taken to be dark. */
export function terminalQR(text: string, colours: boolean): string {
	const { size, data } = create([{ data: new TextEncoder().encode(text), mode: "byte" }], { errorCorrectionLevel: level }).modules;
	const isDark = (row: number, column: number): boolean =>
		row >= 0 && column >= 0 && row < size && column < size && data[row * size + column] === 1;
	const lines: string[] = [];
	for (let row = -quiet; row < size + quiet; row += 2) {
		let line = "";
		for (let column = -quiet; column < size + quiet; column++) {
			const upper = isDark(row, column);
			const lower = row + 1 < size + quiet && isDark(row + 1, column);
			if (colours) line += upper ? (lower ? "█" : "▀") : lower ? "▄" : " ";
			else line += upper ? (lower ? " " : "▄") : lower ? "▀" : "█";
		}
		lines.push(colours ? `\u001b[30;107m${line}\u001b[0m` : line);
	}
	return lines.join("\n");
}

export async function svgQR(text: string): Promise<string> {
	return await toText(text, { type: "svg", errorCorrectionLevel: level, margin: 4 });
}

export async function pngQR(text: string): Promise<Buffer> {
	return await toBuffer(text, { type: "png", errorCorrectionLevel: level, margin: 4, scale: 8 });
}
