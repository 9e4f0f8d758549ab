// The documents that the parsers are fed with. They follow each other on one stream, as stanzas do.

export interface Input {
	readonly name: string;
	readonly what: string;
	readonly text: string;
}

/** The start tag of every stream. */
export const header =
	"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='c5d2' from='box.example' version='1.0' xml:lang='en'>";

const owner = "owner@box.example/garden-7f3a";
const thing = "thing-4kx7q2m9@box.example/Uk5h3wcl";
const readings = ["Temperature|23.40|°C", "Humidity|41.2|%", "Pressure|1013.2|hPa", "WindSpeed|3.4|m/s", "WindDirection|227|°"];

function fields(count: number): string {
	let list = "";
	for (let n = 0; n < count; n++) {
		const [name, value, unit] = readings[n % readings.length]!.split("|");
		list += `<numeric name='${name}' momentary='true' automaticReadout='true' value='${value}' unit='${unit}'/>`;
	}
	return `<message from='${thing}' to='${owner}'><fields xmlns='urn:xmpp:iot:sensordata' seqnr='4711' done='true'><node nodeId='Device'><timestamp value='2026-11-25T08:15:30Z'>${list}</timestamp></node></fields></message>`;
}

const mix = [
	`<iq type='get' from='${owner}' to='${thing}' id='5f1c-17'><req xmlns='urn:xmpp:iot:sensordata' seqnr='4711' momentary='true'/></iq>`,
	`<iq type='result' from='${thing}' to='${owner}' id='5f1c-17'><accepted xmlns='urn:xmpp:iot:sensordata' seqnr='4711'/></iq>`,
	fields(3),
	`<presence from='${thing}' to='${owner}'><priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://extasis.example/' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>`,
	`<iq type='set' from='${thing}' to='registry.box.example' id='5f1c-18'><register xmlns='urn:xmpp:iot:discovery'><str name='SN' value='394872348732948723'/><str name='MAN' value='extasis.example'/><str name='MODEL' value='WeatherStation'/><num name='V' value='1.2'/><str name='KEY' value='4857402340298342'/></register></iq>`,
	`<iq type='result' from='box.example' id='5f1c-19'><query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='form'><title>An account for a thing</title><instructions>Fill in &amp; sign this form; "name" &lt; 64 letters.</instructions><field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field><field type='text-single' var='username' label='Name'><required/></field><field type='text-private' var='password' label='Password'><required/></field></x></query></iq>`
];

function padded(bytes: number): string {
	const start = "<message from='a@box.example' to='b@box.example'><body>";
	const end = "</body></message>";
	const words = "What a thing measures is nobody's business but its owner's, and a paragraph that says so is mostly one run of text. ";
	return start + words.repeat(Math.ceil(bytes / words.length)).slice(0, bytes - start.length - end.length) + end;
}

const deep = (levels: number): string => `<message>${"<level a='1'>".repeat(levels)}x${"</level>".repeat(levels)}</message>`;

export const inputs: readonly Input[] = [
	{ name: "mix", what: "iq req, accepted, fields, presence with caps, register, form", text: mix.join("") },
	{ name: "text 528 B", what: "a stanza that is nine tenths one text", text: padded(528) },
	{ name: "text 64 KiB", what: "a stanza of one text", text: padded(65_536) },
	{ name: "deep", what: "28 levels", text: deep(28) },
	{ name: "wide", what: "a readout of 400 fields", text: fields(400) }
];

/** For growth with size. */
export const longText = padded;
/** For memory: a readout of 4 KiB. */
export const readout = fields(36);
/** For memory: a roster, of which a thing keeps a part. */
export const roster = `<iq type='result' to='${thing}' id='r'><query xmlns='jabber:iq:roster'>${Array.from({ length: 640 }, (_, n) => `<item jid='friend-${n}@box.example' name='Friend ${n}' subscription='both'><group>All</group></item>`).join("")}</query></iq>`;
