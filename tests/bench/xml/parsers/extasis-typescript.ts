// Ours with the scanner in TypeScript, which is the reference of the one in C.
export { create } from "./extasis.js";
