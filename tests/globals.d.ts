// The test words that both engines know, without an import: jest's on Node, the shim's on XS.
import type * as jest from "@jest/globals";

declare global {
	const describe: typeof jest.describe;
	const test: typeof jest.test;
	const expect: typeof jest.expect;
	const beforeEach: typeof jest.beforeEach;
}
