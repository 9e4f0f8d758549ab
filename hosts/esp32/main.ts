// The firmware on the chip.
import { start } from "./app.js";

start();
