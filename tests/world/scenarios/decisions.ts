// What others may read of a thing: the owner decides in his chat client, the thing obeys, remembers and forgets.
import type { Scenario, StageThing } from "../stage.js";
import { type Element, xml } from "../xml.js";
import { bareOf, conditionOf, DISCOVERY, fence, isPushAnswer, next, owned, read, readout, said, say, told } from "./steps.js";

const PROVISIONING = "urn:xmpp:iot:provisioning";

/** Questions of a thing to its provisioning service. */
const asked = (thing: StageThing): number => said(thing, (element) => element.getChild("canRead", PROVISIONING) !== undefined);
const isCleared = (element: Element): boolean => element.getChild("clearCacheResponse", PROVISIONING) !== undefined;

export const decisionScenarios: Readonly<Record<string, Scenario>> = Object.freeze({
	"R-324-4 R-324-6 R-324-10 R-324-15 R-324-29 one field is allowed by chat, kept while the service is away, taken back, void after a disown":
		async (stage) => {
			const { thing, owner } = await owned(stage);
			const stranger = await stage.client("stranger");
			const both = ["Temperature", "Humidity"];
			const refused = async (sequence: string, ...names: string[]) =>
				expect(conditionOf(await read(stranger, thing, sequence, { momentary: "true" }, ...names))).toBe("forbidden");
			const allowed = async (sequence: string) => {
				const values = await readout(stage, stranger, thing, sequence, { momentary: "true" }, ...both);
				expect([...values.keys()]).toEqual(["Temperature"]);
			};

			await refused("1", ...both);
			const question = await stage.until("the question", () => told(stage, owner).at(-1));
			expect(question).toContain(`${stranger.bare} wants to read Temperature, Humidity of `);
			expect(question).toMatch(/ \(question 1\): answer allow 1, allow 1 Temperature, or deny 1\.$/);
			await refused("2", ...both);

			await say(stage, owner, "allow 1 Temperature");
			await stage.until("it has forgotten", () => said(thing, isCleared) === 1);
			await allowed("3");
			const questions = asked(thing);
			expect(questions).toBe(2);

			await stage.disconnectRegistry();
			await allowed("4");
			await refused("5", "Pressure");
			await stage.connectRegistry();
			await allowed("6");
			// Nobody answered the one about Pressure.
			expect(asked(thing)).toBe(questions + 1);

			const rules = (await say(stage, owner, "rules")).split("\n");
			const [number] = rules.find((rule) => rule.includes(" may read Temperature of "))!.split(":");
			await say(stage, owner, `forget ${number}`);
			await stage.until("it has forgotten again", () => said(thing, isCleared) === 2);
			await refused("7", ...both);
			await stage.until("the next question", () => told(stage, owner).some((words) => words.includes(" wants to read Temperature of ")));

			const registered = thing.events.filter(({ event }) => event === "registered").length;
			const pushes = said(thing, isPushAnswer);
			const disowned = await owner.request("set", stage.registry, xml("disown", { xmlns: DISCOVERY, jid: bareOf(thing.jid) }));
			expect(disowned.attrs.type).toBe("result");
			await next(stage, thing, "disowned");
			await stage.until("he is off its roster", () => said(thing, isPushAnswer) > pushes);
			await fence(stage, thing, owner);
			const last = asked(thing);
			await refused("8", ...both);
			expect(asked(thing)).toBe(last);
			await next(stage, thing, "registered", registered);
			expect(await say(stage, owner, "rules")).toBe("You have not decided anything yet.");
		}
});
