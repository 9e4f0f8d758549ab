// How every test runs: on Node, the same unit files on XS, and scenarios on a real Prosody. Needs NODE_OPTIONS=--experimental-vm-modules.
const shared = {
	rootDir: import.meta.dirname ?? new URL(".", import.meta.url).pathname,
	testEnvironment: "node",
	extensionsToTreatAsEsm: [".ts"],
	// "js" first: a package that ships both keeps its own build.
	moduleFileExtensions: ["js", "ts", "cjs", "mjs", "json", "node"],
	moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
	modulePathIgnorePatterns: ["<rootDir>/build/", "<rootDir>/data/"],
	transform: {
		"\\.ts$": [
			"@swc/jest",
			{
				swcrc: false,
				sourceMaps: "inline",
				module: { type: "es6" },
				jsc: { target: "es2022", keepClassNames: true, parser: { syntax: "typescript" } }
			}
		]
	}
};

export default {
	maxWorkers: 2,
	testTimeout: 30_000,
	reporters: ["default", "<rootDir>/tests/conformance/reporter.js"],
	projects: [
		{
			...shared,
			displayName: "node",
			testMatch: ["<rootDir>/tests/{floors,unit,unit-node,conformance,world}/**/*.spec.ts"]
		},
		{ ...shared, displayName: "xs", runner: "<rootDir>/tests/xs/runner.js", testMatch: ["<rootDir>/tests/{unit,world,xs}/**/*.spec.ts"] },
		{ ...shared, displayName: "scenarios", testMatch: ["<rootDir>/tests/{scenarios,faults}/**/*.spec.ts"] },
		// Only `make sim-headless` has built what this runs.
		...(process.env.SDK_BUILT === "1" ? [{ ...shared, displayName: "sdk", testMatch: ["<rootDir>/tests/sdk/**/*.spec.ts"] }] : [])
	]
};
