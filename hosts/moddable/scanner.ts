// In the place of src/xml/scanner on the chip and in the Moddable simulator: the same in C (hosts/native).
import type { XMLBounds } from "../../src/xml/error.js";
import type { Scanner as Reference } from "../../src/xml/scanner.js";

const make = native("xs_extasis_scanner");

/** Its properties are those of the one in TypeScript; the constructor defines them. */
export class Scanner extends Native("xs_extasis_scanner_destructor") {
	declare scan: Reference["scan"];
	declare restart: Reference["restart"];

	constructor(bounds: XMLBounds) {
		super();
		make.call(this, bounds);
	}
}

// Functions in C themselves: a method that called them would cost as much again.
Scanner.prototype.scan = native("xs_extasis_scanner_scan") as Reference["scan"];
Scanner.prototype.restart = native("xs_extasis_scanner_restart") as Reference["restart"];
