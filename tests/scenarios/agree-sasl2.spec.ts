// The judge of the model on a Prosody with SASL2: what things say there is what they say in the virtual world.
import { judge } from "./agree.js";
import { prosody13, SASL2_MODULES } from "./prosody-13.js";

const program = await prosody13();
if (program !== undefined) judge("direct", { program, modules: SASL2_MODULES }, { sasl2: true, bindings: true });
