// xs:dateTime (XML Schema part 2, 3.2.7) as XMPP uses it (XEP-0082).

import { encodeUnchecked } from "./utf8.js";

const DAYS = Object.freeze([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);

/** Milliseconds since 1970. Without a zone it is read as UTC; digits beyond the third of the fraction are dropped. */
export function parseDateTime(text: string): number | undefined {
	const bytes = encodeUnchecked(text);
	// CCYY-MM-DDThh:mm:ss
	if (bytes.length < 19 || bytes[4] !== 0x2d || bytes[7] !== 0x2d || bytes[10] !== 0x54 || bytes[13] !== 0x3a || bytes[16] !== 0x3a) {
		return;
	}
	const century = two(bytes, 0);
	const year = century < 0 ? -1 : century * 100 + two(bytes, 2);
	const month = two(bytes, 5);
	const day = two(bytes, 8);
	const hour = two(bytes, 11);
	const minute = two(bytes, 14);
	const second = two(bytes, 17);
	if (two(bytes, 2) < 0 || year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) {
		return;
	}
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
		return;
	}
	let at = 19;
	let milliseconds = 0;
	if (bytes[at] === 0x2e) {
		let weight = 100;
		const from = ++at;
		while (at < bytes.length && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) {
			milliseconds += (bytes[at++]! - 0x30) * Math.floor(weight);
			weight /= 10;
		}
		if (at === from) {
			return;
		}
	}
	const offset = zone(bytes, at);
	if (offset == null) {
		return;
	}
	return (((dayNumber(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + milliseconds;
}

/** In UTC with "Z"; three digits of fraction, none when it is zero. Throws RangeError when `milliseconds` is no time. */
export function writeDateTime(milliseconds: number): string {
	const text = new Date(milliseconds).toISOString();
	return text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : text;
}

/** Minutes east of UTC. */
function zone(bytes: Uint8Array, at: number): number | undefined {
	const left = bytes.length - at;
	if (left === 0) {
		return 0;
	}
	if (left === 1) {
		return bytes[at] === 0x5a ? 0 : undefined;
	}
	const sign = bytes[at] === 0x2b ? 1 : bytes[at] === 0x2d ? -1 : 0;
	if (left !== 6 || sign === 0 || bytes[at + 3] !== 0x3a) {
		return;
	}
	const hours = two(bytes, at + 1);
	const minutes = two(bytes, at + 4);
	if (hours < 0 || minutes < 0 || minutes > 59 || hours * 60 + minutes > 840) {
		return;
	}
	return sign * (hours * 60 + minutes);
}

/** Two digits, or -1. */
function two(bytes: Uint8Array, at: number): number {
	const high = bytes[at]! - 0x30;
	const low = bytes[at + 1]! - 0x30;
	return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : -1;
}

function daysIn(year: number, month: number): number {
	const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
	return month === 2 && leap ? 29 : DAYS[month - 1]!;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar; Date.UTC would move the years 0 to 99. */
function dayNumber(year: number, month: number, day: number): number {
	const shifted = month > 2 ? year : year - 1; // years from March on
	const monthOfYear = (month + 9) % 12;
	const dayOfYear = Math.floor((153 * monthOfYear + 2) / 5) + day - 1;
	return 365 * shifted + Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400) + dayOfYear - 719_468;
}
