// SHA-256 by Node. The registry itself takes it as a parameter and runs on any engine.
import { createHash } from "node:crypto";

/** Of the text's UTF-8, as 64 hexadecimal digits. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
