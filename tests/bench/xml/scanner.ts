// In the place of src/xml/scanner on XS: in C, as on the chip.
export { Scanner } from "../../../hosts/simulator/device/scanner.js";
