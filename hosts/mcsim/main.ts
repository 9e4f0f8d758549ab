// The weather station in the Moddable simulator, or under headless.c without a display.
import { start } from "./app.js";

start();
