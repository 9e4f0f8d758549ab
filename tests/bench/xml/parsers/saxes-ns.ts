// saxes with namespaces: events only.
import { create as createSaxes } from "./saxes.js";

export function create(count: () => void): (bytes: Uint8Array) => void {
	return createSaxes(count, true);
}
