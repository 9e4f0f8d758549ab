// Addresses as the broker stamps them; what people type is folded in ASCII only.

export const bare = (jid: string): string => {
	const slash = jid.indexOf("/");
	return (slash < 0 ? jid : jid.slice(0, slash)).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
};

export const isFull = (jid: string): boolean => jid.includes("/");
