// Documents that are refused, each with its condition and offset.
import { refusal } from "../../support/xml-events.js";

/** The torture list, and what else the specifications forbid. The element b is a stanza, c its payload. */
const documents: [condition: string, what: string, document: string | Uint8Array][] = [
	// RFC 6120 11.1
	["restricted-xml", "a comment", "<a><b><!-- x --></b></a>"],
	["restricted-xml", "a comment before the root", "<!-- x --><a/>"],
	["restricted-xml", "a processing instruction", "<a><b><?x y?></b></a>"],
	["restricted-xml", "a processing instruction at the start", "<?xml-stylesheet href='x'?><a/>"],
	["restricted-xml", "an XML declaration after white space", " <?xml version='1.0'?><a/>"],
	["restricted-xml", "a second XML declaration", "<?xml version='1.0'?><?xml version='1.0'?><a/>"],
	["restricted-xml", "a DOCTYPE", "<!DOCTYPE a><a/>"],
	["restricted-xml", "a DOCTYPE after the declaration", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"],
	["restricted-xml", "an entity in text", "<a><b>&nbsp;</b></a>"],
	["restricted-xml", "an entity in an attribute", "<a b='&x;'/>"],
	["restricted-xml", "an entity of a long name", "<a><b>&aposs;</b></a>"],
	["restricted-xml", "an entity in capitals", "<a><b>&lT;</b></a>"],
	// RFC 6120 11.6
	["unsupported-encoding", "another encoding", "<?xml version='1.0' encoding='ISO-8859-1'?><a/>"],
	["unsupported-encoding", "UTF-16, big end first", Uint8Array.from([0xfe, 0xff, 0, 0x3c])],
	["unsupported-encoding", "UTF-16, little end first", Uint8Array.from([0xff, 0xfe, 0x3c, 0])],
	["unsupported-encoding", "UTF-16 without a mark", Uint8Array.from([0, 0x3c, 0, 0x61])],
	["unsupported-encoding", "an overlong <", Uint8Array.from([0x3c, 0x61, 0x3e, 0xc0, 0xbc])],
	["unsupported-encoding", "a surrogate in a name", Uint8Array.from([0x3c, 0x61, 0xed, 0xa0, 0x80])],
	["unsupported-encoding", "beyond U+10FFFF in a value", Uint8Array.from([0x3c, 0x61, 0x20, 0x62, 0x3d, 0x27, 0xf4, 0x90, 0x80, 0x80])],
	["unsupported-encoding", "a cut character before <", Uint8Array.from([0x3c, 0x61, 0x3e, 0x3c, 0x62, 0x3e, 0xe2, 0x82, 0x3c])],
	["unsupported-encoding", "Latin-1", Uint8Array.from([0x3c, 0x61, 0x3e, 0x3c, 0x62, 0x3e, 0xfc, 0x3c])],
	// the XML declaration
	["not-well-formed", "a declaration without version", "<?xml encoding='UTF-8'?><a/>"],
	["not-well-formed", "a declaration of version 2", "<?xml version='2.0'?><a/>"],
	["not-well-formed", "a declaration of no version", "<?xml version='1.'?><a/>"],
	["not-well-formed", "a declaration in the wrong order", "<?xml encoding='UTF-8' version='1.0'?><a/>"],
	["not-well-formed", "a declaration without space", "<?xml version='1.0'encoding='UTF-8'?><a/>"],
	["not-well-formed", "a declaration that is half open", "<?xml version='1.0\"?><a/>"],
	["not-well-formed", "a declaration with another end", "<?xml version='1.0'><a/>"],
	["not-well-formed", "standalone that is neither", "<?xml version='1.0' standalone='maybe'?><a/>"],
	["not-well-formed", "more in a declaration", "<?xml version='1.0' x='y'?><a/>"],
	["policy-violation", "a declaration without end", `<?xml version='1.0'${" ".repeat(300)}`],
	["not-well-formed", "a reference in a declaration", "<?xml version='1&#46;0'?><a/>"],
	["not-well-formed", "a byte order mark", "\ufeff<a/>"],
	// characters
	["not-well-formed", "U+0000", Uint8Array.from([0x3c, 0x61, 0x3e, 0x3c, 0x62, 0x3e, 0])],
	["not-well-formed", "a control character in text", "<a><b>\x08</b></a>"],
	["not-well-formed", "a control character in CDATA", "<a><b><![CDATA[\x1f]]></b></a>"],
	["not-well-formed", "a control character in a value", "<a b='\x1b'/>"],
	["not-well-formed", "U+FFFE in text", "<a><b>\ufffe</b></a>"],
	["not-well-formed", "U+FFFF in a value", "<a b='\uffff'/>"],
	["not-well-formed", "U+0000 by number", "<a><b>&#0;</b></a>"],
	["not-well-formed", "a control character by number", "<a><b>&#x1;</b></a>"],
	["not-well-formed", "a surrogate by number", "<a><b>&#xD83D;</b></a>"],
	["not-well-formed", "U+FFFE by number", "<a b='&#65534;'/>"],
	["not-well-formed", "beyond U+10FFFF by number", "<a><b>&#x110000;</b></a>"],
	["not-well-formed", "a number that overflows", `<a><b>&#${"9".repeat(200)};</b></a>`],
	["not-well-formed", "a number without digits", "<a><b>&#;</b></a>"],
	["not-well-formed", "a hexadecimal number without digits", "<a><b>&#x;</b></a>"],
	["not-well-formed", "a hexadecimal number with X", "<a><b>&#X41;</b></a>"],
	["not-well-formed", "a digit that is none", "<a><b>&#4a;</b></a>"],
	["not-well-formed", "a hexadecimal digit that is none", "<a><b>&#x4g;</b></a>"],
	["not-well-formed", "a sign in a number", "<a><b>&#x-1;</b></a>"],
	["not-well-formed", "a < as a digit", "<a><b>&#x<F600;</b></a>"],
	["not-well-formed", "a backquote as a digit", "<a><b>&#x`;</b></a>"],
	["not-well-formed", "a letter in a decimal number", "<a><b>&#1f;</b></a>"],
	["not-well-formed", "a colon as a digit", "<a><b>&#x1:;</b></a>"],
	["not-well-formed", "an empty reference", "<a><b>&;</b></a>"],
	["not-well-formed", "a lone &", "<a><b>& </b></a>"],
	// text
	["not-well-formed", "]]> in text", "<a><b>x]]>y</b></a>"],
	["not-well-formed", "]]]> in text", "<a><b>]]]></b></a>"],
	["not-well-formed", "something like a CDATA section", "<a><b><![cdata[x]]></b></a>"],
	["bad-format", "text between stanzas", "<a>x<b/></a>"],
	["bad-format", "a reference between stanzas", "<a>&#32;<b/></a>"],
	["bad-format", "a CDATA section between stanzas", "<a><![CDATA[ ]]><b/></a>"],
	["not-well-formed", "text before the root", "x<a/>"],
	["not-well-formed", "a CDATA section before the root", "<![CDATA[ ]]><a/>"],
	["not-well-formed", "text after the root", "<a/>x"],
	["not-well-formed", "a second root", "<a/><b/>"],
	// tags
	["not-well-formed", "another end tag", "<a><b></c></a>"],
	["not-well-formed", "an end tag of another prefix", "<a xmlns:x='u' xmlns:y='u'><x:b></y:b></a>"],
	["not-well-formed", "an end tag that goes on", "<a><b></bc></a>"],
	["not-well-formed", "an end tag that stops short", "<a><bc></b></a>"],
	["not-well-formed", "an end tag with an attribute", "<a></a b=''>"],
	["not-well-formed", "an end tag that is empty too", "<a></a/>"],
	["not-well-formed", "an end tag first", "</a>"],
	["not-well-formed", "an end tag too many", "<a></a></a>"],
	["not-well-formed", "no name", "<a>< b/></a>"],
	["not-well-formed", "no name in an end tag", "<a></ a>"],
	["not-well-formed", "a name that starts with a digit", "<1a/>"],
	["not-well-formed", "a name that starts with a hyphen", "<-a/>"],
	["not-well-formed", "a name that starts with a combining character", "<a><\u0301/></a>"],
	["not-well-formed", "a name with ×", "<a><b×/></a>"],
	["not-well-formed", "a name with U+2000", "<a><b\u2000/></a>"],
	["not-well-formed", "a name with an apostrophe", "<a'/>"],
	["not-well-formed", "an empty tag with a space in its end", "<a><b/ ></a>"],
	["not-well-formed", "a < in a tag", "<a <b/>"],
	["not-well-formed", "attributes without space between", "<a b='1'c='2'/>"],
	["not-well-formed", "an attribute without quotes", "<a b=1/>"],
	["not-well-formed", "an attribute without value", "<a b/>"],
	["not-well-formed", "an attribute without name", "<a ='1'/>"],
	["not-well-formed", "< in a value", "<a b='<'/>"],
	["not-well-formed", "two attributes of one name", "<a b='1' c='2' b='3'/>"],
	["not-well-formed", "two attributes of one long name", `<a ${"b".repeat(90)}='' ${"b".repeat(90)}=''/>`],
	// Namespaces in XML 1.0
	["not-well-formed", "two attributes of one expanded name", "<a xmlns:x='u' xmlns:y='u' x:b='' y:b=''/>"],
	["not-well-formed", "a default namespace twice", "<a xmlns='u' xmlns='u'/>"],
	["not-well-formed", "a prefix declared twice", "<a xmlns:x='u' xmlns:x='v'/>"],
	["bad-namespace-prefix", "a prefix without namespace", "<x:a/>"],
	["bad-namespace-prefix", "an attribute prefix without namespace", "<a x:b=''/>"],
	["bad-namespace-prefix", "a prefix out of its scope", "<a><b xmlns:x='u'/><x:c/></a>"],
	["bad-namespace-prefix", "an element with the prefix xmlns", "<xmlns:a/>"],
	["bad-namespace-prefix", "a prefix that objects have", "<constructor:a __proto__:b=''/>"],
	["not-well-formed", "a prefix undeclared", "<a xmlns:x='u'><b xmlns:x=''/></a>"],
	["not-well-formed", "xml bound elsewhere", "<a xmlns:xml='u'/>"],
	["not-well-formed", "another prefix for xml's namespace", "<a xmlns:x='http://www.w3.org/XML/1998/namespace'/>"],
	["not-well-formed", "xml's namespace as the default", "<a xmlns='http://www.w3.org/XML/1998/namespace'/>"],
	["not-well-formed", "xmlns declared", "<a xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>"],
	["not-well-formed", "another prefix for xmlns's namespace", "<a xmlns:x='http://www.w3.org/2000/xmlns/'/>"],
	["not-well-formed", "xmlns's namespace as the default", "<a xmlns='http://www.w3.org/2000/xmlns/'/>"],
	["not-well-formed", "two colons", "<a xmlns:b='u'><b:c:d/></a>"],
	["not-well-formed", "a colon first", "<:a/>"],
	["not-well-formed", "a colon last", "<a xmlns:b='u'><b:/></a>"],
	["not-well-formed", "a colon last in an attribute", "<a xmlns:='u'/>"],
	["not-well-formed", "a local name that starts with a digit", "<a xmlns:b='u'><b:1/></a>"]
];

test.each(documents)("%s is not the answer to %s", (condition, _, document) => {
	expect(refusal(document)).toBe(condition);
	expect(refusal(document, { cut: 1 })).toBe(condition);
});

test("what is skipped, or left out between parts, is not checked", () => {
	for (const [condition, , document] of documents) {
		if (typeof document !== "string" || !document.startsWith("<a><b>") || condition === "bad-format") {
			continue;
		}
		const content = document.slice("<a><b>".length);
		expect(refusal(`<a><b><c>${"x".repeat(5000)}</c>${content}`)).toBe(condition);
		expect(refusal(`<a><b><query><b>${content.replace("</b></a>", "</b></query></b></a>")}`, { parts: 4 })).toBe(condition);
	}
});
