// When a command that lives until it is ended is to end.

/** Resolves at Ctrl-C, at the system's wish, or when nobody reads the output any more. */
export function untilAsked(): Promise<void> {
	return new Promise((resolve) => {
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
		process.stdout.on("error", () => resolve());
	});
}

/** Waits for `work`, but no longer than that. */
export async function within(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<boolean>((resolve) => {
		timer = setTimeout(() => resolve(false), milliseconds);
	});
	const done = await Promise.race([work.then(() => true), late]);
	clearTimeout(timer);
	return done;
}
