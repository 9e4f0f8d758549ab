// What the simulator measured: the heap, collections, time and instructions of each phase of a thing's life.

/** As engine/heap.c writes it: bytes, and what was counted since the last. */
export interface Figures {
	/** In use now, what the next collection frees included; and the most of this phase. */
	readonly slots: number;
	readonly slotsPeak: number;
	readonly chunks: number;
	readonly chunksPeak: number;
	readonly stackPeak: number;
	/** The least ever between slots and chunks: what was never needed. */
	readonly free: number;
	/** Names made while running; they are never given back. */
	readonly keys: number;
	readonly collections: number;
	/** Of the processor. */
	readonly milliseconds: number;
	/** 0 without metering. */
	readonly instructions: number;
}

/** One kind of phase: it ends with the event of that name. */
export interface Phase extends Omit<Figures, "slots" | "chunks"> {
	readonly phase: string;
	readonly count: number;
}

export interface Report {
	readonly xs: string;
	readonly bits: number;
	readonly heap: number;
	readonly phases: readonly Phase[];
	readonly total: Phase;
}

function add(phase: string, before: Phase | undefined, more: Figures | Phase): Phase {
	const most = (name: "slotsPeak" | "chunksPeak" | "stackPeak"): number => Math.max(before?.[name] ?? 0, more[name]);
	const sum = (name: "collections" | "milliseconds" | "instructions"): number => (before?.[name] ?? 0) + more[name];
	return {
		phase,
		count: (before?.count ?? 0) + 1,
		slotsPeak: most("slotsPeak"),
		chunksPeak: most("chunksPeak"),
		stackPeak: most("stackPeak"),
		free: Math.min(before?.free ?? Number.POSITIVE_INFINITY, more.free),
		keys: more.keys,
		collections: sum("collections"),
		milliseconds: Math.round(sum("milliseconds") * 10) / 10,
		instructions: sum("instructions")
	};
}

export class Recorder {
	/** As many as there are events: a life of years takes no more. */
	readonly #phases = new Map<string, Phase>();
	#total: Phase | undefined;

	add(phase: string, figures: Figures): void {
		this.#phases.set(phase, add(phase, this.#phases.get(phase), figures));
		this.#total = add("total", this.#total, figures);
	}

	report({ version, bits }: { readonly version: string; readonly bits: number }, heap: number): Report | undefined {
		return this.#total && { xs: version, bits, heap, phases: [...this.#phases.values()], total: this.#total };
	}
}

/** For a person: a table, bytes where nothing else is said. */
export function describeReport({ xs, bits, heap, phases, total }: Report): string {
	const head = ["step", "times", "slots", "chunks", "stack", "collections", "ms", "instructions"];
	const rows = [...phases, total].map((phase) => [
		phase.phase,
		...[phase.count, phase.slotsPeak, phase.chunksPeak, phase.stackPeak, phase.collections, phase.milliseconds].map(String),
		String(Math.round(phase.instructions / phase.count))
	]);
	const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
	const line = (row: readonly string[]): string =>
		row.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join("  ");
	return [
		`XS ${xs}, ${bits} bits, heap ${heap}: ${total.free} never used. Peaks of slots, chunks and stack; instructions each time.`,
		line(head),
		...rows.map(line)
	].join("\n");
}
