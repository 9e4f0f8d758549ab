// Control in the ieee dialect by golden stanzas: what a thing does and answers. Nobody else of ours speaks it.
import type { Permission, Wish } from "../../../src/iot/provisioning.js";
import { Authorizer } from "../../../src/thing/authorizer.js";
import { Controls } from "../../../src/thing/controls.js";
import { Disco } from "../../../src/xmpp/disco.js";
import { IQBench } from "../../support/iq-bench.js";
import { canonical, goldens, payloadsOf } from "./golden.js";

interface Means {
	/** What is done, in order. */
	readonly set: readonly (readonly [string, unknown])[];
	/** What the service allows; all of it, unless said. */
	readonly allowed?: readonly string[];
	readonly tokens?: readonly (string | null)[];
	readonly nodes?: readonly string[];
}

const PERSON = "person@b.example/x";

const all = goldens<Means>("control-ieee").map((golden) => [golden.title, golden] as const);

test.each(all)("%s is obeyed and answered just so", (_title, { answer, means, payload }) => {
	const bench = new IQBench();
	const done: [string, unknown][] = [];
	const wishes: Wish[] = [];
	const permission: Permission | undefined = means.allowed?.length === 0 ? undefined : { categories: 0, fields: means.allowed };
	const { router, scheduler } = bench;
	new Controls({
		host: {
			clock: bench.time.clock,
			actuators: {
				set: (name, value, callback) => {
					done.push([name, value]);
					callback(undefined);
				}
			}
		},
		definition: {
			...{ manufacturer: "m.example", model: "M", version: 1, fields: {} },
			parameters: { Relay: { type: "boolean" }, Level: { type: "int", range: [0, 100] }, Name: { type: "string" } }
		},
		disco: new Disco({ router, identity: { category: "client", type: "bot" }, node: "n", allowed: () => true }),
		...{ router, scheduler, node: { id: "thing" }, onEvent: () => {} },
		authorizer: new Authorizer({
			owner: () => "owner@b.example",
			provisioning: { jid: "p.a.example" },
			decisions: {
				...{ node: { id: "thing" }, nodes: [], changes: 0 },
				judge: (wish, applicant) => {
					wishes.push(wish);
					applicant.decide(permission);
				}
			}
		})
	});
	const sent = bench.ask("set", `${payload}`, PERSON);
	bench.time.pass(0);
	expect(payloadsOf([...sent, ...bench.wire.take()])).toEqual(answer.map(canonical));
	expect(done).toEqual(means.set);
	expect(wishes).toHaveLength(1);
	if (means.tokens) expect(wishes[0]!.tokens).toEqual(means.tokens.map((token) => token ?? undefined));
	if (means.nodes) expect(wishes[0]!.nodes).toEqual(means.nodes.map((id) => ({ id })));
});
