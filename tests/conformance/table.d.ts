// Types of table.js, which jest loads as plain JavaScript.
export interface Requirement {
	readonly id: string;
	readonly level: string;
	readonly requirement: string;
}
export interface Outcome {
	readonly file: string;
	readonly titles: readonly string[];
	readonly status: string;
}
export function parseRequirements(text: string): Requirement[];
export function numbersOf(title: string): string[];
export function evidence(outcomes: readonly Outcome[]): Map<string, string[]>;
export function conformancePage(requirements: readonly Requirement[], shown: ReadonlyMap<string, readonly string[]>): string;
