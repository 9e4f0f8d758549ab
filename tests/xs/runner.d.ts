// Types of runner.js, as far as its own test needs them.
export interface SpecFile {
	readonly path: string;
	readonly context: { readonly config: { readonly displayName: { readonly name: string; readonly color: string } } };
}
export interface SpecResult {
	readonly testResults: readonly { readonly fullName: string; readonly status: string; readonly failureMessages: readonly string[] }[];
	readonly numFailingTests: number;
	readonly failureMessage: string | null;
}
export default class XSRunner {
	constructor(globalConfig: { readonly maxWorkers: number; readonly testNamePattern?: string });
	runTests(
		tests: readonly SpecFile[],
		watcher: { isInterrupted(): boolean },
		onStart: (test: SpecFile) => Promise<void>,
		onResult: (test: SpecFile, result: SpecResult) => Promise<void>,
		onFailure: (test: SpecFile, error: { readonly message: string }) => Promise<void>
	): Promise<void>;
}
