// The memory in which each suite runs on XS. What is tested fits a chip's; what tests it has no chip to fit into.

/** Bytes of the heap and slots of the stack in it, where slots have 16 bytes: what the firmware itself gets. */
const chip = { heap: 65_536, stack: 768 };
/** The test looks into nested elements by recursion of its own, and makes its documents. */
const withDepth = { heap: 163_840, stack: 1536 };
/** The far side of the wire is there too: a server with its half of SCRAM, and every line that was said; or the pauses of a herd. 114,688 bytes are too few. */
const withServer = { heap: 163_840, stack: 1024 };
/** Several things, each with such a server; a thousand draws of a lottery; or stanzas of 8 KiB beside the server. */
const withServers = { heap: 524_288, stack: 1024 };
/** Documents, lists and values that are larger than a chip's memory, as one string. 524,288 bytes are too few for the largest. */
const withLargeStrings = { heap: 1_048_576, stack: 768 };
/** Broker, registry, people, a hundred things, and all that they ever said: 8 MiB are enough, more means fewer collections of it all. */
const withWorld = { heap: 64 << 20, stack: 2048 };

/** The recorder parses what the thing says while it says it, within the thing's own turn. 1,536 slots of stack are too few. */
const withRecorder = { heap: 64 << 20, stack: 3072 };

/** By how the path of a suite begins; all others have the chip's. */
const table = [
	["tests/world/story", withRecorder],
	["tests/world/", withWorld],
	["tests/unit/iot/readouts", withLargeStrings],
	["tests/unit/thing/chat", withServers],
	["tests/unit/thing/forged", withServers],
	["tests/unit/thing/nodes", withServers],
	["tests/unit/thing/thing", withServers],
	["tests/unit/xml/builder", withLargeStrings],
	["tests/unit/xml/control", withLargeStrings],
	["tests/unit/xml/limits", withDepth],
	["tests/unit/xml/parser", withLargeStrings],
	["tests/unit/xml/writer", withLargeStrings],
	["tests/unit/xmpp/disco", withLargeStrings],
	["tests/unit/xmpp/flood", withServer],
	["tests/unit/xmpp/iq", withLargeStrings],
	["tests/unit/xmpp/haste", withServer],
	["tests/unit/xmpp/locate", withServers],
	["tests/unit/xmpp/login", withServer],
	["tests/unit/xmpp/reconnect", withServer],
	["tests/unit/xmpp/mechanism", withServer],
	["tests/unit/xmpp/registration", withServer],
	["tests/unit/xmpp/roster", withLargeStrings],
	["tests/unit/xmpp/sasl2", withServer],
	["tests/unit/xmpp/session", withServers],
	["tests/unit/xmpp/stream-management", withServer]
];

export function memoryOf(spec) {
	return table.find(([start]) => spec.startsWith(start))?.[1] ?? chip;
}
