// Why the chip started.

const reason = native("xs_extasis_resetReason") as () => number;

/** By esp_reset_reason_t. */
const reasons: readonly string[] = Object.freeze([
	"unknown",
	"power",
	"pin",
	"software",
	"panic",
	"interrupt watchdog",
	"task watchdog",
	"other watchdog",
	"deep sleep",
	"brown-out",
	"SDIO",
	"USB",
	"JTAG",
	"eFuse",
	"power glitch",
	"CPU lock-up"
]);

export function resetReason(): string {
	return reasons[reason()] ?? "unknown";
}
