/* See scanner.h. What is refused, at which byte and why, is told by src/xml/scanner.ts, which a test holds this to. */
#include "scanner.h"

#include <string.h>

enum { inName = 1, startsName = 2, space = 4, bad = 8, wide = 16, inText = 32, inSection = 64, inValue = 128 };

/* What a byte can be: characters.ts has the same by other numbers, and says more. */
#define A (inName | startsName)
#define W16 wide, wide, wide, wide, wide, wide, wide, wide, wide, wide, wide, wide, wide, wide, wide, wide
#define B8 bad, bad, bad, bad, bad, bad, bad, bad
static const uint8_t classes[256] = {
	B8, bad, space | inValue, space | inValue, bad, bad, space | inText | inSection | inValue, bad, bad, B8, B8,
	space, 0, inValue, 0, 0, 0, inText | inValue, inValue, 0, 0, 0, 0, 0, inName, inName, 0,
	inName, inName, inName, inName, inName, inName, inName, inName, inName, inName, 0, 0, inText | inValue, 0, 0, 0,
	0, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
	A, A, A, A, A, A, A, A, A, A, A, 0, 0, inSection, 0, A,
	0, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
	A, A, A, A, A, A, A, A, A, A, A, 0, 0, 0, 0, 0,
	W16, W16, W16, W16, W16, W16, W16, W16
};
#undef A
#undef W16
#undef B8

typedef enum {
	inContent,
	inCDATA,
	inReference,
	afterLess,
	afterSpecial,	/* "<!" or "<?" */
	inEndTag,
	inElementName,
	inTag,
	inAttributeName,
	beforeEquals,
	beforeQuote,
	inAttributeValue,
	beforeGreater	/* after "/" in a start tag, or "?" in the declaration */
} State;

/* Marks in what is packed, which no document holds: before a name, and before its value. */
enum { nameFollows = 1, valueFollows = 2 };

enum { stanzaDepth = 2, keptBytes = 256, leastBytes = 64, tailBytes = 2, tailDeclares = 0x80, longestName = 0x7fff };

typedef struct {
	uint8_t* bytes;
	size_t length, room;
} Buffer;

struct Scanner {
	ScannerTurn turn;
	ScannerBounds bounds;
	ScannerResize resize;
	/* Names of the open elements, each with its length behind it in 15 bits and whether it declares namespaces; from `top` on the attributes of a start tag. */
	Buffer open;
	/* Packed: what the start tag declares, and names of attributes that are not kept. */
	Buffer declarations, names;
	/* In `open`: the last name, the part of it behind the colon, its value. */
	size_t top, from, part, value;
	/* The bytes in hand: the next one, and offset of the first. */
	const uint8_t* first;
	const uint8_t* at;
	const uint8_t* end;
	uint64_t base;
	/* Offsets: what comes next, beyond which a name, white space in a tag, a reference or a value must not go, the start tag's "<". */
	uint64_t read, limit, start;
	uint32_t depth;
	uint32_t count, hashes;	/* attributes, bits of their names' hashes */
	size_t dropped;	/* bytes that are not among the attributes */
	size_t valueBytes;
	size_t matched;	/* bytes that were recognised: of an end tag's name, of "[CDATA[" or "xml" */
	uint32_t number;	/* of a reference */
	State state;
	State back;	/* where the reference is */
	ScannerToken over;	/* the token after which there is no other, or scannerNone */
	uint8_t held[4];	/* of a character that is cut */
	uint8_t made[4];	/* by a reference */
	char word[4];	/* in a reference */
	uint8_t heldLength, wordLength, base10or16, quote;
	uint8_t brackets;	/* that are held back, up to two */
	unsigned wanted : 1, ended : 1, afterReturn : 1, isDeclaration : 1, kept : 1, spaced : 1, whole : 1, declares : 1, digits : 1;
};

enum { cutCharacter = -1, malformedCharacter = -2 };

/* The code point, as characterAt() of utf8.ts (RFC 3629). */
static int32_t characterAt(const uint8_t* bytes, const uint8_t* end)
{
	uint8_t lead = bytes[0];
	int more, n;
	int32_t code;
	if (lead < 0x80)
		return lead;
	if (lead < 0xc2 || lead > 0xf4)
		return malformedCharacter;
	more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
	code = lead & (0x3f >> more);
	for (n = 1; n <= more; n++) {
		uint8_t byte;
		if (bytes + n == end)
			return cutCharacter;
		byte = bytes[n];
		if ((byte & 0xc0) != 0x80)
			return malformedCharacter;
		if (n == 1 && ((lead == 0xe0 && byte < 0xa0) || (lead == 0xed && byte > 0x9f) || (lead == 0xf0 && byte < 0x90) || (lead == 0xf4 && byte > 0x8f)))
			return malformedCharacter;
		code = (code << 6) | (byte & 0x3f);
	}
	return code;
}

static size_t sizeOf(int32_t code)
{
	return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

static int isChar(int32_t code)
{
	if (code < 0x80)
		return code >= 0 && !(classes[code] & bad);
	return code < 0xd800 || (code >= 0xe000 && code != 0xfffe && code != 0xffff && code <= 0x10ffff);
}

static int isNameStart(int32_t code)
{
	static const int32_t ranges[] = { 0xc0, 0xd6, 0xd8, 0xf6, 0xf8, 0x2ff, 0x370, 0x37d, 0x37f, 0x1fff, 0x200c, 0x200d, 0x2070, 0x218f,
		0x2c00, 0x2fef, 0x3001, 0xd7ff, 0xf900, 0xfdcf, 0xfdf0, 0xfffd, 0x10000, 0xeffff };
	size_t n;
	if (code < 0x80)
		return (classes[code] & startsName) != 0;
	for (n = 0; n < sizeof(ranges) / sizeof(ranges[0]); n += 2)
		if (code <= ranges[n + 1])
			return code >= ranges[n];
	return 0;
}

static int isNameChar(int32_t code)
{
	if (code < 0x80)
		return (classes[code] & inName) != 0;
	return isNameStart(code) || code == 0xb7 || (code >= 0x300 && code <= 0x36f) || code == 0x203f || code == 0x2040;
}

/* The first byte of the classes, or of what is no character or is cut. */
static const uint8_t* pass(const uint8_t* at, const uint8_t* end, uint8_t stop)
{
	for (;;) {
		int32_t code;
		while (at < end && !(classes[*at] & (stop | bad | wide)))
			at++;
		if (at == end || !(classes[*at] & wide))
			return at;
		code = characterAt(at, end);
		if (!isChar(code))
			return at;
		at += sizeOf(code);
	}
}

static int reserve(Scanner* scanner, Buffer* buffer, size_t count)
{
	size_t need = buffer->length + count;
	size_t room = buffer->room ? buffer->room * 2 : leastBytes;
	uint8_t* bytes;
	if (need <= buffer->room)
		return 1;
	room = room > need ? room : need;
	bytes = scanner->resize(buffer->bytes, room);
	if (bytes == NULL)
		return 0;
	buffer->bytes = bytes;
	buffer->room = room;
	return 1;
}

static ScannerToken append(Scanner* scanner, Buffer* buffer, const void* bytes, size_t count)
{
	if (!reserve(scanner, buffer, count))
		return scannerNoMemory;
	memcpy(buffer->bytes + buffer->length, bytes, count);
	buffer->length += count;
	return scannerNone;
}

static ScannerToken put(Scanner* scanner, Buffer* buffer, uint8_t byte)
{
	return append(scanner, buffer, &byte, 1);
}

/* Where less is enough, less is kept; where the system gives no smaller one, this one. */
static void giveBack(Scanner* scanner, Buffer* buffer)
{
	uint8_t* bytes;
	if (buffer->room <= keptBytes || buffer->length > keptBytes)
		return;
	bytes = scanner->resize(buffer->bytes, keptBytes);
	if (bytes) {
		buffer->bytes = bytes;
		buffer->room = keptBytes;
	}
}

Scanner* scannerCreate(const ScannerBounds* bounds, ScannerResize resize)
{
	Scanner* scanner = resize(NULL, sizeof(Scanner));
	if (scanner == NULL)
		return NULL;
	memset(scanner, 0, sizeof(*scanner));
	scanner->bounds = *bounds;
	if (scanner->bounds.hardNameBytes > longestName)
		scanner->bounds.hardNameBytes = longestName;
	scanner->resize = resize;
	scannerRestart(scanner);
	return scanner;
}

void scannerFree(Scanner* scanner)
{
	ScannerResize resize = scanner->resize;
	resize(scanner->open.bytes, 0);
	resize(scanner->declarations.bytes, 0);
	resize(scanner->names.bytes, 0);
	resize(scanner, 0);
}

static void settle(Scanner* scanner)
{
	scanner->state = inContent;
	scanner->limit = UINT64_MAX;
}

void scannerRestart(Scanner* scanner)
{
	settle(scanner);
	scanner->depth = 0;
	scanner->open.length = 0;
	scanner->read = 0;
	scanner->over = scannerNone;
	scanner->heldLength = scanner->brackets = 0;
	scanner->ended = scanner->afterReturn = 0;
}

void scannerDone(Scanner* scanner)
{
	if (scanner->state != inContent)
		return;
	giveBack(scanner, &scanner->open);
	giveBack(scanner, &scanner->declarations);
	giveBack(scanner, &scanner->names);
}

static const char notWellFormed[] = "not-well-formed";
static const char restricted[] = "restricted-xml";
static const char unsupported[] = "unsupported-encoding";
static const char policy[] = "policy-violation";

/* Offset of the byte in hand. */
static uint64_t here(const Scanner* scanner)
{
	return scanner->base + (uint64_t)(scanner->at - scanner->first);
}

static ScannerToken refuseAt(Scanner* scanner, const char* condition, uint64_t offset)
{
	scanner->turn.condition = condition;
	scanner->turn.offset = offset;
	return scannerRefused;
}

static ScannerToken refuse(Scanner* scanner, const char* condition)
{
	return refuseAt(scanner, condition, here(scanner));
}

/* RFC 6120 11.7 allows white space between stanzas. */
static ScannerToken refuseOutside(Scanner* scanner)
{
	return refuse(scanner, scanner->depth == 1 ? "bad-format" : notWellFormed);
}

static ScannerToken give(Scanner* scanner, const void* bytes, size_t length)
{
	if (!scanner->wanted)
		return scannerNone;
	scanner->turn.value.bytes = bytes;
	scanner->turn.value.length = length;
	return scannerText;
}

/* A part that began there may be as long as a name. */
static void limitFrom(Scanner* scanner, uint64_t offset)
{
	scanner->limit = offset + scanner->bounds.hardNameBytes;
}

/* The end of what may be read at once of a name: no more than a byte behind the limit. */
static const uint8_t* withinLimit(const Scanner* scanner)
{
	uint64_t most = scanner->limit + 1 - here(scanner);
	return (uint64_t)(scanner->end - scanner->at) > most ? scanner->at + most : scanner->end;
}

/* A start tag begins, or the declaration. */
static void begin(Scanner* scanner, uint64_t start, int kept, State state)
{
	scanner->start = start;
	scanner->kept = kept != 0;
	scanner->isDeclaration = state == inTag;
	scanner->state = state;
	scanner->from = scanner->part = scanner->top = scanner->open.length;
	scanner->declarations.length = scanner->names.length = 0;
	scanner->turn.marks = scanner->count = scanner->hashes = 0;
	scanner->dropped = 0;
	scanner->spaced = 0;
}

/* A bound is broken that only ends the stanza: where there is none, scannerRefused, as nobody skips a stream. */
static ScannerToken exceed(Scanner* scanner)
{
	if (scanner->depth == 0)
		return refuseAt(scanner, policy, scanner->start);
	scanner->turn.marks |= scannerLarge;
	if (scanner->depth >= stanzaDepth)
		scanner->kept = 0;
	return scannerNone;
}

static ScannerToken endElementName(Scanner* scanner)
{
	const ScannerBounds* bounds = &scanner->bounds;
	Buffer* open = &scanner->open;
	size_t length = open->length - scanner->from;
	uint8_t tail[tailBytes] = { (uint8_t)(length >> 8), (uint8_t)length };
	if (append(scanner, open, tail, sizeof(tail)))
		return scannerNoMemory;
	scanner->top = open->length;
	scanner->state = inTag;
	limitFrom(scanner, here(scanner));
	if (scanner->top > bounds->openBytes)
		return refuse(scanner, policy);
	return scanner->depth < bounds->depth && length <= bounds->nameBytes ? scannerNone : exceed(scanner);
}

/* Whether the name is among what is packed there. */
static int isPacked(const uint8_t* packed, size_t size, const uint8_t* name, size_t length)
{
	const uint8_t* at = packed;
	const uint8_t* end = packed + size;
	while (at < end && (at = memchr(at, valueFollows, (size_t)(end - at))) != NULL) {
		if ((size_t)(at - packed) > length && *(at - length - 1) == nameFollows && !memcmp(at - length, name, length))
			return 1;
		at++;
	}
	return 0;
}

static ScannerToken endAttributeName(Scanner* scanner)
{
	const ScannerBounds* bounds = &scanner->bounds;
	Buffer* open = &scanner->open;
	const uint8_t* name = open->bytes + scanner->from;
	size_t length = open->length - scanner->from;
	size_t colon = scanner->part - scanner->from;	/* with what is before it; 0 where there is none */
	int known;
	scanner->declares = length >= 5 && !memcmp(name, "xmlns", 5) && (colon ? colon == 6 : length == 5);
	if (scanner->declares) {
		size_t prefix = colon ? colon : length;
		known = isPacked(scanner->declarations.bytes, scanner->declarations.length, name + prefix, length - prefix);
	}
	else {
		uint32_t bit = (uint32_t)1 << ((name[0] + name[length - 1] * 3u + length * 5u) & 31);
		known = (scanner->hashes & bit)
			&& (isPacked(open->bytes + scanner->top, scanner->from - 1 - scanner->top, name, length)
				|| isPacked(scanner->names.bytes, scanner->names.length, name, length));
		scanner->hashes |= bit;
		if (colon)
			scanner->turn.marks |= scannerPrefixed;
	}
	if (known)
		return refuse(scanner, notWellFormed);
	if (put(scanner, open, valueFollows))
		return scannerNoMemory;
	scanner->value = open->length;
	scanner->valueBytes = 0;
	scanner->state = beforeEquals;
	if ((scanner->count > bounds->attributes || length > bounds->nameBytes) && exceed(scanner))
		return scannerRefused;
	scanner->whole = scanner->kept || scanner->declares;
	return scannerNone;
}

/* A start tag that never ends must be refused before anyone else has seen it. */
static void beginValue(Scanner* scanner)
{
	scanner->state = inAttributeValue;
	scanner->limit = scanner->start + scanner->bounds.stanzaBytes - 1;
}

/* More of a value. `last` is the offset of its last byte. */
static ScannerToken take(Scanner* scanner, const void* bytes, size_t count, uint64_t last)
{
	const ScannerBounds* bounds = &scanner->bounds;
	scanner->valueBytes += count;
	if (scanner->declares) {
		size_t all = scanner->dropped + scanner->valueBytes;
		if ((scanner->valueBytes > bounds->namespaceBytes || all > bounds->openBytes) && exceed(scanner))
			return scannerRefused;
		if (all > bounds->openBytes)
			return refuseAt(scanner, policy, last + 1 - (all - bounds->openBytes));
	}
	else if (scanner->valueBytes > bounds->attributeBytes
		|| (scanner->whole && scanner->open.length + count - scanner->top > bounds->builtBytes)) {
		if (exceed(scanner))
			return scannerRefused;
		scanner->whole = 0;
	}
	return scanner->whole ? append(scanner, &scanner->open, bytes, count) : scannerNone;
}

static ScannerToken endValue(Scanner* scanner)
{
	const ScannerBounds* bounds = &scanner->bounds;
	Buffer* open = &scanner->open;
	Buffer* aside = scanner->declares ? &scanner->declarations : &scanner->names;
	size_t record = scanner->from - 1;
	size_t from = scanner->from;
	size_t end = open->length;
	scanner->state = inTag;
	limitFrom(scanner, here(scanner) + 1);
	scanner->spaced = 0;
	if (scanner->whole && !scanner->declares) {
		if (end - scanner->top <= bounds->builtBytes)
			return scannerNone;
		if (exceed(scanner))
			return scannerRefused;
	}
	/* It does not stay among the attributes. */
	if (scanner->declares) {
		from = scanner->part > from ? scanner->part : scanner->value - 1;
		scanner->dropped--;	/* the mark between the two */
	}
	else
		end = scanner->value;
	if (put(scanner, aside, nameFollows) || append(scanner, aside, open->bytes + from, end - from))
		return scannerNoMemory;
	scanner->dropped += end - record;
	open->length = record;
	if (scanner->dropped <= bounds->openBytes)
		return scannerNone;
	return exceed(scanner) ? scannerRefused : refuse(scanner, policy);
}

/* The length of the name of the innermost open element, whose tail ends there. */
static size_t nameBefore(const uint8_t* end)
{
	return ((size_t)(end[-2] & ~tailDeclares) << 8) | end[-1];
}

static ScannerToken endTag(Scanner* scanner, ScannerToken token, size_t length)
{
	scanner->open.length = length;
	scanner->ended = scanner->depth == 0;
	settle(scanner);
	scanner->at++;
	return token;
}

static ScannerPart partOf(const Buffer* buffer, size_t from)
{
	ScannerPart part = { buffer->bytes + from, buffer->length - from };
	return part;
}

/* What it shows stays where it is until the next one begins. */
static ScannerToken endStartTag(Scanner* scanner, ScannerToken token)
{
	ScannerTurn* turn = &scanner->turn;
	uint8_t* end = scanner->open.bytes + scanner->top;
	size_t length = nameBefore(end);
	turn->name.bytes = end - tailBytes - length;
	turn->name.length = length;
	turn->value = partOf(&scanner->open, scanner->top);
	turn->declarations = partOf(&scanner->declarations, 0);
	turn->names = partOf(&scanner->names, 0);
	if (!(turn->marks & scannerPrefixed))
		turn->names.length = 0;
	turn->offset = scanner->start;
	if (token == scannerEmpty)
		return endTag(scanner, token, scanner->top - tailBytes - length);
	scanner->depth++;
	if (turn->declarations.length > 0)
		end[-2] |= tailDeclares;
	return endTag(scanner, token, scanner->top);
}

static ScannerToken endEndTag(Scanner* scanner)
{
	const uint8_t* end = scanner->open.bytes + scanner->open.length;
	scanner->turn.marks = end[-2] & tailDeclares ? scannerDeclares : 0;
	scanner->depth--;
	return endTag(scanner, scannerClose, scanner->open.length - tailBytes - nameBefore(end));
}

static int isText(const ScannerPart* part, const char* text)
{
	return part->length == strlen(text) && !memcmp(part->bytes, text, part->length);
}

/* The value of the attribute of that name, if it comes next; what is packed then begins behind it. */
static int takeAttribute(ScannerPart* packed, const char* name, ScannerPart* value)
{
	size_t length = strlen(name) + 2;
	size_t end = length;
	if (packed->length < length || packed->bytes[length - 1] != valueFollows || memcmp(packed->bytes + 1, name, length - 2))
		return 0;
	while (end < packed->length && packed->bytes[end] != nameFollows)
		end++;
	value->bytes = packed->bytes + length;
	value->length = end - length;
	packed->bytes += end;
	packed->length -= end;
	return 1;
}

/* XML 1.0, 2.8. */
static ScannerToken endDeclaration(Scanner* scanner)
{
	static const char utf8[] = "utf-8";
	ScannerPart packed = partOf(&scanner->open, scanner->top);
	ScannerPart value;
	int isUTF8 = 1;
	size_t n;
	int stands = takeAttribute(&packed, "version", &value) && value.length > 2 && !memcmp(value.bytes, "1.", 2);
	for (n = 2; stands && n < value.length; n++)
		stands = value.bytes[n] >= '0' && value.bytes[n] <= '9';
	if (takeAttribute(&packed, "encoding", &value)) {
		isUTF8 = value.length == sizeof(utf8) - 1;
		for (n = 0; isUTF8 && n < value.length; n++)
			isUTF8 = (value.bytes[n] | (value.bytes[n] >= 'A' && value.bytes[n] <= 'Z' ? 0x20 : 0)) == utf8[n];
	}
	if (takeAttribute(&packed, "standalone", &value))
		stands = stands && (isText(&value, "yes") || isText(&value, "no"));
	if (!stands || packed.length > 0 || scanner->declarations.length > 0)
		return refuse(scanner, notWellFormed);
	if (!isUTF8)
		return refuse(scanner, unsupported);	/* RFC 6120 11.6 */
	endTag(scanner, scannerDeclaration, scanner->top);
	scanner->ended = 0;
	return scannerDeclaration;
}

static void refer(Scanner* scanner)
{
	scanner->back = scanner->state;
	scanner->state = inReference;
	limitFrom(scanner, here(scanner));
	scanner->wordLength = scanner->base10or16 = 0;
	scanner->digits = 0;
	scanner->number = 0;
}

/* One more byte of a reference that does not end it (XML 1.0, 4.1). */
static ScannerToken readReference(Scanner* scanner, int32_t code)
{
	uint32_t base = scanner->base10or16;
	uint32_t digit = (uint32_t)(code >= '0' && code <= '9' ? code - '0' : code >= 'a' && code <= 'f' ? code - 'a' + 10 : code >= 'A' && code <= 'F' ? code - 'A' + 10 : 16);
	scanner->at++;
	if (base == 0 && code == '#' && scanner->wordLength == 0)
		scanner->base10or16 = 10;
	else if (base == 0) {
		if (code < 'a' || code > 'z' || scanner->wordLength == sizeof(scanner->word)) {
			scanner->at--;
			return refuse(scanner, scanner->wordLength == 0 ? notWellFormed : restricted);	/* RFC 6120 11.1 */
		}
		scanner->word[scanner->wordLength++] = (char)code;
	}
	else if (code == 'x' && base == 10 && !scanner->digits)
		scanner->base10or16 = 16;
	else if (digit < base) {
		scanner->digits = 1;
		scanner->number = scanner->number * base + digit;
		if (scanner->number > 0x110000)
			scanner->number = 0x110000;
	}
	else {
		scanner->at--;
		return refuse(scanner, notWellFormed);
	}
	return scannerNone;
}

/* What it stands for, in `made`: how many bytes, or 0. */
static size_t make(Scanner* scanner)
{
	static const char entities[] = "lt\0<gt\0>amp\0&quot\0\"apos\0'";
	uint32_t code = scanner->number;
	uint8_t* made = scanner->made;
	size_t size, n;
	const char* entity = entities;
	while (!scanner->base10or16 && code == 0 && *entity) {
		size_t length = strlen(entity);
		if (length == scanner->wordLength && !memcmp(entity, scanner->word, length))
			code = (uint8_t)entity[length + 1];
		entity += length + 2;
	}
	if (code == 0 || !isChar((int32_t)code))
		return 0;
	size = sizeOf((int32_t)code);
	for (n = size - 1; n > 0; n--) {
		made[n] = (uint8_t)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	made[0] = (uint8_t)(size == 1 ? code : (0xf00u >> size) | code);
	return size;
}

static ScannerToken endReference(Scanner* scanner)
{
	uint64_t offset = here(scanner);
	size_t size = make(scanner);
	ScannerToken token;
	if (size == 0)
		return refuse(scanner, scanner->base10or16 || scanner->wordLength == 0 ? notWellFormed : restricted);
	scanner->at++;
	if (scanner->back == inContent) {
		settle(scanner);
		return give(scanner, scanner->made, size);
	}
	beginValue(scanner);
	token = take(scanner, scanner->made, size, offset);
	if (token == scannerRefused && scanner->turn.offset != scanner->start)
		scanner->turn.offset = offset;
	return token;
}

/* Text, CDATA and white space, none of which is a "<" that begins something. A "]" is held back until it is known whether it ends the section. */
static ScannerToken readContent(Scanner* scanner, int32_t code)
{
	const uint8_t* from = scanner->at;
	uint8_t brackets = scanner->brackets;
	int isText = scanner->state == inContent;
	int afterReturn = scanner->afterReturn;
	if (scanner->depth < stanzaDepth) {
		if (code >= 0x80 || !(classes[code] & space))
			return refuseOutside(scanner);
		scanner->at++;
		return scannerNone;
	}
	scanner->afterReturn = 0;
	if (brackets > 0 && code != ']') {
		scanner->brackets = 0;
		if (brackets < 2 || code != '>')
			return give(scanner, "]]", brackets);
		if (isText)
			return refuse(scanner, notWellFormed);	/* XML 1.0, 2.4 */
		scanner->state = inContent;
		scanner->at++;
		return scannerNone;
	}
	if (code >= 0x80 || !(classes[code] & (inSection | (isText ? inText : 0)))) {
		scanner->at = pass(from, scanner->end, isText ? inText | inSection : inSection);
		if (afterReturn && code == '\n')	/* XML 1.0, 2.11 */
			from++;
		scanner->turn.given = 1;
		return from < scanner->at ? give(scanner, from, (size_t)(scanner->at - from)) : scannerNone;
	}
	if (code == '&')
		refer(scanner);
	scanner->at++;
	if (code == '\r') {
		scanner->afterReturn = 1;
		return give(scanner, "\n", 1);
	}
	if (code == ']' && brackets == 2)
		return give(scanner, "]", 1);
	if (code == ']')
		scanner->brackets++;
	return scannerNone;
}

static ScannerToken readName(Scanner* scanner, int32_t code)
{
	Buffer* open = &scanner->open;
	int first = open->length == scanner->part;
	const uint8_t* from = scanner->at;
	const uint8_t* to = from;
	if (first ? isNameStart(code) : isNameChar(code)) {
		const uint8_t* most = withinLimit(scanner);
		for (to += sizeOf(code); to < most && (classes[*to] & inName);)
			to++;
	}
	else if (code == ':' && !first && scanner->part == scanner->from)	/* Namespaces in XML 1.0, 4 */
		to++;
	else if (first || code == ':' || code >= 0x80)
		return refuse(scanner, notWellFormed);
	else
		return scanner->state == inElementName ? endElementName(scanner) : endAttributeName(scanner);
	if (append(scanner, open, from, (size_t)(to - from)))
		return scannerNoMemory;
	if (code == ':')
		scanner->part = open->length;
	scanner->at = to;
	return scannerNone;
}

/* After "<". The byte is of what begins, where that is an element. */
static ScannerToken beginMarkup(Scanner* scanner, int32_t code)
{
	scanner->matched = 0;
	scanner->isDeclaration = code == '?';
	if (code == '/' && scanner->depth > 0)
		scanner->state = inEndTag;
	else if (code == '!' || (code == '?' && here(scanner) == 1))
		scanner->state = afterSpecial;
	else if (code == '?')
		return refuse(scanner, restricted);	/* RFC 6120 11.1 */
	else if (scanner->ended)
		return refuse(scanner, notWellFormed);
	else if (scanner->depth >= scanner->bounds.hardDepth)
		return refuse(scanner, policy);
	else {
		begin(scanner, here(scanner) - 1, scanner->wanted, inElementName);
		return scannerNone;
	}
	scanner->at++;
	return scannerNone;
}

/* "<![CDATA[" or "<?xml" and white space. */
static ScannerToken readSpecial(Scanner* scanner, int32_t code)
{
	const char* word = scanner->isDeclaration ? "xml" : "[CDATA[";
	int expected = word[scanner->matched];
	if (expected == 0 && code < 0x80 && (classes[code] & space)) {
		begin(scanner, 0, 1, inTag);
		return scannerNone;
	}
	if (expected == 0 || code != expected)
		return refuse(scanner, scanner->matched > 0 && !scanner->isDeclaration ? notWellFormed : restricted);
	scanner->matched++;
	if (!scanner->isDeclaration && word[scanner->matched] == 0) {
		if (scanner->depth < stanzaDepth)
			return refuseOutside(scanner);
		settle(scanner);
		scanner->state = inCDATA;
	}
	scanner->at++;
	return scannerNone;
}

/* Its name character by character, so that none is cut. */
static ScannerToken readEndTag(Scanner* scanner, int32_t code)
{
	const uint8_t* end = scanner->open.bytes + scanner->open.length;
	size_t length = nameBefore(end);
	size_t rest = length - scanner->matched;
	const uint8_t* name = end - tailBytes - rest;
	const uint8_t* to = scanner->at;
	size_t size = sizeOf(code);
	if (rest > 0) {
		const uint8_t* most = withinLimit(scanner);
		if (size > rest || memcmp(to, name, size))
			return refuse(scanner, notWellFormed);
		for (to += size, name += size, rest -= size; rest > 0 && to < most && *to == *name && *to < 0x80; rest--) {
			to++;
			name++;
		}
		scanner->matched = length - rest;
		scanner->at = to;
		return scannerNone;
	}
	if (code == '>')
		return endEndTag(scanner);
	if (code >= 0x80 || !(classes[code] & space))
		return refuse(scanner, notWellFormed);
	scanner->at++;
	return scannerNone;
}

/* Between attributes. The byte is of the one that begins here. */
static ScannerToken readTag(Scanner* scanner, int32_t code)
{
	if (code < 0x80 && (classes[code] & space))
		scanner->spaced = 1;
	else if (code == '>' && !scanner->isDeclaration)
		return endStartTag(scanner, scannerOpen);
	else if (code == (scanner->isDeclaration ? '?' : '/'))
		scanner->state = beforeGreater;
	else if (!scanner->spaced)
		return refuse(scanner, notWellFormed);
	else if (++scanner->count > scanner->bounds.hardAttributes)
		return refuse(scanner, policy);
	else {
		scanner->state = inAttributeName;
		if (put(scanner, &scanner->open, nameFollows))
			return scannerNoMemory;
		scanner->from = scanner->part = scanner->open.length;
		return scannerNone;
	}
	scanner->at++;
	return scannerNone;
}

/* From an attribute's name to its value. */
static ScannerToken readBetween(Scanner* scanner, int32_t code)
{
	if (scanner->state == beforeEquals && code == '=')
		scanner->state = beforeQuote;
	else if (scanner->state == beforeQuote && (code == '"' || code == '\'')) {
		scanner->quote = (uint8_t)code;
		beginValue(scanner);
	}
	else if (code >= 0x80 || !(classes[code] & space))
		return refuse(scanner, notWellFormed);
	scanner->at++;
	return scannerNone;
}

static ScannerToken readValue(Scanner* scanner, int32_t code)
{
	const uint8_t* from = scanner->at;
	const uint8_t* to = from + sizeOf(code);
	uint64_t offset = here(scanner);
	int afterReturn = scanner->afterReturn;
	ScannerToken token = scannerNone;
	scanner->afterReturn = code == '\r';
	if (code >= 0x80 || !(classes[code] & inValue)) {
		const uint8_t* most = withinLimit(scanner);
		if (to < most)
			to = pass(to, most, inValue);
		token = take(scanner, from, (size_t)(to - from), offset + (uint64_t)(to - from) - 1);
	}
	else if (code == scanner->quote)
		token = endValue(scanner);
	else if (code == '<' || (code == '&' && scanner->isDeclaration))
		return refuse(scanner, notWellFormed);
	else if (code == '&')
		refer(scanner);
	else if (!(classes[code] & space))
		token = take(scanner, from, 1, offset);
	else if (code != '\n' || !afterReturn)	/* XML 1.0, 2.11 and 3.3.3 */
		token = take(scanner, " ", 1, offset);
	scanner->at = to;
	return token;
}

static ScannerToken step(Scanner* scanner, int32_t code)
{
	switch (scanner->state) {
	case inContent:
	case inCDATA:
		if (code != '<' || scanner->state == inCDATA || scanner->brackets > 0)
			return readContent(scanner, code);
		scanner->afterReturn = 0;
		scanner->state = afterLess;
		limitFrom(scanner, here(scanner));
		scanner->at++;
		return scannerNone;
	case inReference:
		return code == ';' ? endReference(scanner) : readReference(scanner, code);
	case afterLess:
		return beginMarkup(scanner, code);
	case afterSpecial:
		return readSpecial(scanner, code);
	case inEndTag:
		return readEndTag(scanner, code);
	case inElementName:
	case inAttributeName:
		return readName(scanner, code);
	case inTag:
		return readTag(scanner, code);
	case beforeEquals:
	case beforeQuote:
		return readBetween(scanner, code);
	case inAttributeValue:
		return readValue(scanner, code);
	default:
		if (code != '>')
			return refuse(scanner, notWellFormed);
		return scanner->isDeclaration ? endDeclaration(scanner) : endStartTag(scanner, scannerEmpty);
	}
}

/* From one byte in hand to the next until a token ends. */
static ScannerToken run(Scanner* scanner)
{
	while (scanner->at < scanner->end) {
		const uint8_t* at = scanner->at;
		int32_t code = *at;
		ScannerToken token;
		if (here(scanner) > scanner->limit)
			return refuseAt(scanner, policy, scanner->limit + 1);
		if (classes[code] & (wide | bad)) {
			code = characterAt(at, scanner->end);
			if (code == cutCharacter) {
				scanner->heldLength = (uint8_t)(scanner->end - at);
				memcpy(scanner->held, at, scanner->heldLength);
				scanner->at = scanner->end;
				return scannerNone;
			}
			/* RFC 6120 4.9.3.22 and 11.6: not UTF-8, or UTF-16 */
			if (code == malformedCharacter || (code == 0 && here(scanner) == 0))
				return refuse(scanner, unsupported);
			if (!isChar(code))
				return refuse(scanner, notWellFormed);
		}
		token = step(scanner, code);
		if (token != scannerNone)
			return token;
	}
	if (scanner->limit < UINT64_MAX && here(scanner) > scanner->limit + 1)
		return refuseAt(scanner, policy, scanner->limit + 1);
	return scannerNone;
}

static ScannerToken runOver(Scanner* scanner, const uint8_t* bytes, const uint8_t* end, uint64_t base)
{
	scanner->first = scanner->at = bytes;
	scanner->end = end;
	scanner->base = base;
	return run(scanner);
}

ScannerToken scannerScan(Scanner* scanner, const uint8_t* bytes, size_t from, size_t length, int kept, const ScannerTurn** turn)
{
	const uint8_t* at = bytes + from;
	const uint8_t* end = bytes + length;
	const uint8_t* held = scanner->held;
	ScannerToken token = scannerNone;
	*turn = &scanner->turn;
	if (scanner->over != scannerNone)
		return scanner->over;
	scanner->turn.given = 0;
	scanner->wanted = kept != 0;
	if (scanner->heldLength > 0) {
		while (at < end && characterAt(held, held + scanner->heldLength) == cutCharacter) {
			scanner->held[scanner->heldLength++] = *at++;
			scanner->read++;
		}
		if (characterAt(held, held + scanner->heldLength) != cutCharacter) {
			uint8_t count = scanner->heldLength;
			token = runOver(scanner, held, held + count, scanner->read - count);
			scanner->turn.given = 0;
			if (scanner->at > held)
				scanner->heldLength = 0;
		}
	}
	if (token == scannerNone && at < end) {
		token = runOver(scanner, at, end, scanner->read);
		scanner->read += (uint64_t)(scanner->at - at);
		at = scanner->at;
	}
	scanner->turn.at = (size_t)(at - bytes);
	if (token >= scannerRefused)
		scanner->over = token;
	return token;
}
