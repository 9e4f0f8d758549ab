// Every scenario on real Prosody over STARTTLS, against the virtual world.
import { judge } from "./agree.js";

judge("starttls");
