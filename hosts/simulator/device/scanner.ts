// In the place of src/xml/scanner on the simulator: the same in C, as on the chip.
import type { Scanner as Reference } from "../../../src/xml/scanner.js";
import type { Simulator } from "./native.js";

declare const simulator: Simulator;

export const Scanner: typeof Reference = simulator.Scanner;
