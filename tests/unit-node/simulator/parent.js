// A process that runs a JavaScript file on the engine (program and file are its arguments), tells the id once that is up, and waits to be killed.
import { spawn } from "node:child_process";

const [program, path] = process.argv.slice(2);
const child = spawn(program, ["--frames", "--main", `main=${path}`], { stdio: ["ignore", "pipe", "inherit", "pipe", "pipe"] });
// The options: an empty frame.
child.stdio[3].write(Uint8Array.of(5, 0, 0, 0, 1, 0, 0, 0, 0));
child.stdout.once("data", () => process.send(child.pid));
