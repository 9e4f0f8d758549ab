// SHA-256 by Node. The registry itself takes it as a parameter and runs on any engine.
import { createHash, createHmac } from "node:crypto";

/** Of the text's UTF-8, as 64 hexadecimal digits. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The same, made unguessable by a secret of this box: how long it takes to compare it with others tells a guesser nothing about them. */
export const blind = (pepper: string, digest: string): string => createHmac("sha256", pepper).update(digest).digest("hex");
