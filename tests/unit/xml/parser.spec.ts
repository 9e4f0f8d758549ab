// Documents that are taken: the same events wherever the network cuts.
import { encodeUTF8 } from "../../../src/text/utf8.js";
import { events } from "../../support/xml-events.js";

const STREAM = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const OPEN = "open {http://etherx.jabber.org/streams}stream";

describe("what a peer writes is not what a handler gets", () => {
	const documents: [string, string, string[]][] = [
		["an empty root", "<a/>", ["open a", "close"]],
		["white space everywhere it may be", " <a\n b\t=\r\n'1' \n>\n<c />\t</a\r\n> ", ['open a b="1"', "c", "close"]],
		["attributes in both quotes", `<a b="it's" c='"'/>`, ['open a b="it\'s" c="\\""', "close"]],
		[
			"the five references",
			"<a><b c='&lt;&gt;&amp;&quot;&apos;'>&lt;&gt;&amp;&quot;&apos;</b></a>",
			["open a", `b c="<>&\\"'":"<>&\\"'"`, "close"]
		],
		["characters by number", "<a><b>&#65;&#x42;&#x0000043;&#xe9;&#8364;&#x1F600;</b></a>", ["open a", 'b:"ABCé€😀"', "close"]],
		["a CDATA section", "<a><b>x<![CDATA[<y>&amp;]]]]><![CDATA[>]]>z</b></a>", ["open a", 'b:"x<y>&amp;]]>z"', "close"]],
		["an empty CDATA section", "<a><b><![CDATA[]]></b></a>", ["open a", "b", "close"]],
		["brackets that end no section", "<a><b>]] >]&gt;]]&gt;<![CDATA[]] >]]></b></a>", ["open a", 'b:"]] >]>]]>]] >"', "close"]],
		["line ends in text", "<a><b>1\r\n2\r3\n4\r\r\n5&#13;\n</b></a>", ["open a", 'b:"1\\n2\\n3\\n4\\n\\n5\\r\\n"', "close"]],
		["line ends in CDATA", "<a><b><![CDATA[1\r\n2\r]]\r\n]]></b></a>", ["open a", 'b:"1\\n2\\n]]\\n"', "close"]],
		["white space in attributes", "<a b='1\r\n2\r3\n4\t5&#10;&#9;&#13;'/>", ['open a b="1 2 3 4 5\\n\\t\\r"', "close"]],
		["text around children", "<a><b>1<c>2</c>3<d/>4</b></a>", ["open a", 'b:"134"[c:"2",d]', "close"]],
		["other scripts", "<a><ö·‿ q٠='ü'>日本語 😀</ö·‿></a>", ["open a", 'ö·‿ q٠="ü":"日本語 😀"', "close"]],
		[
			"names of Object",
			"<__proto__ constructor='1' __proto__='2'><toString valueOf=''/></__proto__>",
			['open __proto__ constructor="1" __proto__="2"', 'toString valueOf=""', "close"]
		],
		["a declaration", "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n<a/>", ["open a", "close"]],
		["a declaration of version 1.1", '<?xml version="1.1" encoding="utf-8" ?><a/>', ["open a", "close"]],
		["what follows an empty element", "<a><b/><c/></a>", ["open a", "b", "c", "close"]]
	];

	test.each(documents)("%s", (_, document, expected) => {
		expect(events(document)).toEqual(expected);
	});
});

describe("a name gets into the wrong namespace", () => {
	const documents: [string, string, string[]][] = [
		["the default one", `${STREAM}<iq/>`, [OPEN, "{jabber:client}iq"]],
		["a default one of its own", `${STREAM}<iq><q xmlns='x'><r/></q><s/></iq>`, [OPEN, "{jabber:client}iq[{x}q[{x}r],{jabber:client}s]"]],
		["an undeclared default", `${STREAM}<iq><q xmlns=''/></iq>`, [OPEN, "{jabber:client}iq[q]"]],
		["a prefix declared after its use", `${STREAM}<x:q x:y='1' xmlns:x='u'/>`, [OPEN, '{u}q {u}y="1"']],
		["a prefix declared anew", "<a xmlns:x='1'><x:b><x:c xmlns:x='2'/><x:d/></x:b></a>", ["open a", "{1}b[{2}c,{1}d]", "close"]],
		["an attribute without prefix", "<a xmlns='u'><b c='1' xmlns:x='u' x:c='2'/></a>", ["open {u}a", '{u}b c="1" {u}c="2"', "close"]],
		["xml:lang", "<a xml:lang='de'/>", ['open a {http://www.w3.org/XML/1998/namespace}lang="de"', "close"]],
		[
			"xml declared as what it is",
			"<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang=''/>",
			['open a {http://www.w3.org/XML/1998/namespace}lang=""', "close"]
		],
		["references in the name", "<a xmlns='u&amp;&#x76;'/>", ["open {u&v}a", "close"]]
	];

	test.each(documents)("%s", (_, document, expected) => {
		expect(events(document)).toEqual(expected);
	});
});

describe("where the network cuts makes a difference", () => {
	const long = `<m><b>${"0123456789".repeat(300)}é</b><c d='${"x".repeat(1500)}&amp;${"€".repeat(100)}'/></m>`;
	// the last is the depth of the parts asked for; 0 asks for none
	const documents: [string, string, number][] = [
		[
			"a login",
			`<?xml version='1.0' encoding="UTF-8"?>${STREAM}\n <stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features> <iq type='get' id="a'b"/></stream:stream>\n`,
			0
		],
		["references", "<a><b c='&lt;&#x41;&amp;&#128;&#x10FFFF;&quot;x'>&#128;&#x10FFFF;t&amp;&gt;é😀</b></a>", 0],
		["CDATA and line ends", "<a>\r\n<b>x\r\ny\r<![CDATA[<&>]]]\r\n]]]]>\r]]</b>\r</a>", 0],
		["namespaces", "<a xmlns:x = 'u' x:b\r\n=\t'1'><x:ö x:ü='é€😀' xmlns:y='v' y:ü='2' ><y:z/></x:ö ></a>", 0],
		["long tokens", `<a>${long}</a>`, 0],
		["a stanza that is skipped", `<a><m><p q='1' xmlns='u'><x>1</x>${"<y z='1'>text</y>".repeat(300)}</p></m>${long}</a>`, 0],
		["parts", `<s><iq id='1'><query ver='2'>x<i a='1'>y<j/></i> <i b='${"z".repeat(2000)}'/></query><e>f</e></iq><m/></s>`, 2],
		["a part that is skipped", `<s><iq><query><i/><i>${"<k/>".repeat(1100)}</i><i/></query></iq><m/></s>`, 2],
		["a refusal in a tag", "<a><b c='1' d='2' c='3'/></a>", 0],
		["a refusal in text", "<a><b>x]]></b></a>", 0],
		["a refusal in a character", "<a><b>\ufffe</b></a>", 0],
		["a refusal of a prefix", "<a><b x:c='1'/></a>", 0],
		["a refusal of a bound", `<a><b c='${"x".repeat(2049)}'/></a>`, 0],
		["a refusal of a name", `<a><b${"x".repeat(128)}/></a>`, 0]
	];

	test.each(documents)("%s", (_, document, parts) => {
		const bytes = encodeUTF8(document);
		const whole = events(bytes, { parts });
		for (const cut of [1, 2, 3, 5, 7, 64, 255, 256, 767, 1023, 1024, 1025]) {
			expect(events(bytes, { parts, cut })).toEqual(whole);
		}
	});

	test.each(documents.filter(([, document]) => document.length < 3500))("%s, in pieces of every length", (_, document, parts) => {
		const bytes = encodeUTF8(document);
		const whole = events(bytes, { parts });
		const step = bytes.length > 1000 ? 37 : 1;
		for (let cut = 1; cut < bytes.length; cut += step) {
			expect(events(bytes, { parts, cut })).toEqual(whole);
		}
	});
});
