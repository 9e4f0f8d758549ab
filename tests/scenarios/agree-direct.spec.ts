// Every scenario on real Prosody over direct TLS, against the virtual world.
import { judge } from "./agree.js";

judge("direct");
