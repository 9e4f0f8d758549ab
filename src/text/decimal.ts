// Numbers as sensors mean them: a fixed number of decimals, since that number is part of the value.

/** undefined for NaN and the infinities. Never an exponent, never "-0". Halves go away from zero. `decimals` is 0 to 20. */
export function writeDecimal(value: number, decimals: number): string | undefined {
	if (!Number.isFinite(value)) {
		return;
	}
	const magnitude = Math.abs(value);
	let text: string;
	if (magnitude >= 1e21) {
		// toFixed would give an exponent; a number of this size has no fraction
		text = BigInt(magnitude).toString();
		if (decimals > 0) {
			text += `.${"0".repeat(decimals)}`;
		}
	} else {
		// not toFixed(0): XS 13.3 writes "0." for numbers below 1
		text = decimals === 0 ? String(Math.round(magnitude)) : magnitude.toFixed(decimals);
	}
	return value < 0 && Number(text) !== 0 ? `-${text}` : text;
}
