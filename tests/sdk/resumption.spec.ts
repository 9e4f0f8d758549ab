// A broker that the thing comes back to knows it by its TLS session: no second look at certificates.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Certificates, prepareCertificates } from "../../hosts/broker/certificates.js";
import { HeadlessThing } from "./headless.js";

let folder: string;
let certificates: Certificates;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-resumption-"));
	certificates = await prepareCertificates(join(folder, "certificates"), ["box.example"]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("it offers each session once, and is let in by a server that has forgotten it", async () => {
	const reused: boolean[] = [];
	const identity = { cert: readFileSync(certificates.certificate), key: readFileSync(certificates.key) };
	const server = createServer({ ...identity, ALPNProtocols: ["xmpp-client"] }, (socket: TLSSocket) => {
		reused.push(socket.isSessionReused());
		// Its first tickets were made under keys that nobody has any more.
		if (reused.length === 2) server.setTicketKeys(Buffer.alloc(48, 7));
		socket.on("error", () => {});
		// Without a goodbye, as a broken line.
		socket.once("data", () => socket.destroy());
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const options = {
		DOMAIN: "box.example",
		CA: certificates.caFile,
		STORE: join(folder, "store"),
		TLS: "direct",
		ADDRESS: `127.0.0.1:${port}`
	};
	const thing = new HeadlessThing(options);
	thing.start();
	try {
		const end = Date.now() + 60_000;
		while (reused.length < 4 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
		expect(reused.slice(0, 4)).toEqual([false, true, false, true]);
		for (const event of thing.events) expect(event).toMatchObject({ event: "offline", reason: "closed" });
		expect(await thing.stop()).toBe(0);
	} finally {
		await thing.kill();
		server.close();
	}
}, 90_000);
