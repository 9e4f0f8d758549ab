// What of the session outlives a sleep of the board, where the host has memory that does (XEP-0198 section 5).
import type { Storage } from "../host.js";
import { decodeUTF8, encodeUTF8 } from "../text/utf8.js";
import type { Account, HeldSession, Session, SessionHandler } from "../xmpp/session.js";
import { Vault } from "./vault.js";

/** Another form of what is kept gets another name. */
const SESSION = "session1";
/** Stands in no XML. */
const BETWEEN = "\x01";

type Kept = Omit<HeldSession, "unacked"> & { readonly unacked: string };

/** Ends this life; the server keeps the session for the next. False where there is no such memory or no session, or somebody waits for an answer: it lives on then. */
export function fallAsleep(
	memory: Storage | undefined,
	session: Session,
	handler: Pick<SessionHandler, "onLost">,
	parts: readonly ({ readonly busy: boolean } | undefined)[]
): boolean {
	if (!memory || !session.router.address) return false;
	for (let i = 0; i < parts.length; i++) if (parts[i]?.busy) return false;
	const held = session.suspend();
	handler.onLost();
	if (held) {
		const unacked: string[] = [];
		for (let i = 0; i < held.unacked.length; i++) unacked.push(decodeUTF8(held.unacked[i]!));
		try {
			vaultOf(memory).write(SESSION, { ...held, unacked: unacked.join(BETWEEN) });
		} catch {
			// No room: the next life binds anew.
		}
	}
	return true;
}

/** Good once: who wakes again without having slept in order has counts that hold no more. Undefined where it is not this account's. */
export function takeSession(memory: Storage | undefined, domain: string, account: Account | undefined): HeldSession | undefined {
	if (!memory) return;
	const vault = vaultOf(memory);
	// What is whole is ours: nobody else writes under this name.
	const record = vault.read(SESSION) as Kept | undefined;
	if (!record) return;
	vault.delete(SESSION);
	if (!account?.registered || !record.jid.startsWith(`${account.username}@${domain}/`)) return;
	const { unacked } = record;
	return { ...record, unacked: unacked === "" ? [] : unacked.split(BETWEEN).map(encodeUTF8) };
}

/** What is damaged is as if it had never been. */
function vaultOf(memory: Storage): Vault {
	return new Vault(memory, () => undefined);
}
