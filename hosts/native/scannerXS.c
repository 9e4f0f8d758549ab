/* Binds scanner.h to a class of XS: what src/xml/scanner.ts is where there is no C. For the XS of the chip, of its simulator, and of the headless one. */
#include "xsmc.h"
#include "scanner.h"

#include <stdlib.h>
#include <string.h>

void xs_extasis_scanner_destructor(void* data);
void xs_extasis_scanner(xsMachine* the);
void xs_extasis_scanner_scan(xsMachine* the);
void xs_extasis_scanner_restart(xsMachine* the);

enum { nameID, valueID, namesID, declarationsID, marksID, sizeID, atID, offsetID, countOfIDs };

/* Host data. */
typedef struct {
	Scanner* scanner;
	xsIdentifier ids[countOfIDs];
	uint8_t empty[declarationsID + 1];	/* what the property holds */
	uint32_t marks;
} Holder;

static void* resize(void* bytes, size_t size)
{
	if (size > 0)
		return realloc(bytes, size);
	free(bytes);
	return NULL;
}

void xs_extasis_scanner_destructor(void* data)
{
	Holder* holder = data;
	if (holder == NULL)
		return;
	scannerFree(holder->scanner);
	free(holder);
}

static uint32_t bound(xsMachine* the, const char* name)
{
	xsNumberValue value;
	xsmcGet(xsVar(0), xsArg(0), xsID(name));
	value = xsmcToNumber(xsVar(0));
	return !(value >= 0) ? 0 : value > INT32_MAX ? INT32_MAX : (uint32_t)value;
}

/* new Scanner(bounds): `this` has no host data yet. */
void xs_extasis_scanner(xsMachine* the)
{
	static const char* const names[countOfIDs] = { "name", "value", "names", "declarations", "marks", "size", "at", "offset" };
	ScannerBounds bounds;
	Holder* holder;
	int i;
	xsmcVars(1);
	if (xsmcGetHostDataValidate(xsThis, xs_extasis_scanner_destructor))
		xsUnknownError("made already");
	bounds.builtBytes = bound(the, "builtBytes");
	bounds.stanzaBytes = bound(the, "stanzaBytes");
	bounds.depth = bound(the, "depth");
	bounds.attributes = bound(the, "attributes");
	bounds.nameBytes = bound(the, "nameBytes");
	bounds.attributeBytes = bound(the, "attributeBytes");
	bounds.namespaceBytes = bound(the, "namespaceBytes");
	bounds.hardDepth = bound(the, "hardDepth");
	bounds.hardAttributes = bound(the, "hardAttributes");
	bounds.hardNameBytes = bound(the, "hardNameBytes");
	bounds.openBytes = bound(the, "openBytes");
	holder = calloc(1, sizeof(*holder));
	if (holder == NULL)
		xsUnknownError("no memory for a scanner");
	holder->scanner = scannerCreate(&bounds, resize);
	if (holder->scanner == NULL) {
		free(holder);
		xsUnknownError("no memory for a scanner");
	}
	xsmcSetHostData(xsThis, holder);
	for (i = 0; i < countOfIDs; i++) {
		holder->ids[i] = xsID(names[i]);
		if (i <= declarationsID)
			fxStringX(the, &xsVar(0), "");
		else
			xsmcSetInteger(xsVar(0), 0);
		xsmcSet(xsThis, holder->ids[i], xsVar(0));
	}
	memset(holder->empty, 1, sizeof(holder->empty));
}

static Holder* self(xsMachine* the)
{
	Holder* holder = xsmcGetHostDataValidate(xsThis, xs_extasis_scanner_destructor);
	if (holder == NULL)
		xsUnknownError("not made");
	return holder;
}

void xs_extasis_scanner_restart(xsMachine* the)
{
	scannerRestart(self(the)->scanner);
}

static void setNumber(xsMachine* the, xsIdentifier id, uint64_t value)
{
	if (value <= INT32_MAX)
		xsmcSetInteger(xsVar(0), (xsIntegerValue)value);
	else
		xsmcSetNumber(xsVar(0), (xsNumberValue)value);
	xsmcSet(xsThis, id, xsVar(0));
}

/* The part lies in memory that is not XS's. */
static void setText(xsMachine* the, Holder* holder, int id, const ScannerPart* part)
{
	if (part->length == 0) {
		if (holder->empty[id])
			return;
		fxStringX(the, &xsVar(0), "");
	}
	else
		xsmcSetStringBuffer(xsVar(0), (xsStringValue)part->bytes, (xsIntegerValue)part->length);
	holder->empty[id] = part->length == 0;
	xsmcSet(xsThis, holder->ids[id], xsVar(0));
}

static void setMarks(xsMachine* the, Holder* holder, uint32_t marks)
{
	if (holder->marks != marks)
		setNumber(the, holder->ids[marksID], marks);
	holder->marks = marks;
}

/* scan(bytes, from, kept): no string is made before the scanner has looked at the bytes, which may then move. */
void xs_extasis_scanner_scan(xsMachine* the)
{
	Holder* holder = self(the);
	int kept = xsmcTest(xsArg(2));
	xsIntegerValue from = xsmcToInteger(xsArg(1));
	const uint8_t* bytes;
	void* data;
	xsUnsignedValue length;
	const ScannerTurn* turn;
	ScannerToken token;
	xsmcVars(1);
	_xsmcGetBuffer(the, &xsArg(0), &data, &length, 0);
	if (from < 0 || (xsUnsignedValue)from > length)
		xsRangeError("out of range");
	bytes = data;
	token = scannerScan(holder->scanner, bytes, (size_t)from, length, kept, &turn);
	if (token == scannerNoMemory)
		xsUnknownError("no memory for a scanner");
	switch (token) {
	case scannerText:
		if (turn->given) {
			size_t start = (size_t)(turn->value.bytes - bytes);
			char* string;
			xsmcSetStringBuffer(xsVar(0), NULL, (xsIntegerValue)turn->value.length);
			string = xsmcToString(xsVar(0));
			_xsmcGetBuffer(the, &xsArg(0), &data, &length, 0);
			memcpy(string, (const uint8_t*)data + start, turn->value.length);
			holder->empty[valueID] = 0;
			xsmcSet(xsThis, holder->ids[valueID], xsVar(0));
		}
		else
			setText(the, holder, valueID, &turn->value);
		setNumber(the, holder->ids[sizeID], turn->value.length);
		break;
	case scannerOpen:
	case scannerEmpty:
		setText(the, holder, nameID, &turn->name);
		setText(the, holder, valueID, &turn->value);
		setText(the, holder, namesID, &turn->names);
		setText(the, holder, declarationsID, &turn->declarations);
		setNumber(the, holder->ids[offsetID], turn->offset);
		setMarks(the, holder, turn->marks);
		break;
	case scannerClose:
		setMarks(the, holder, turn->marks);
		break;
	case scannerRefused:
		xsmcSetString(xsVar(0), (xsStringValue)turn->condition);
		xsmcSet(xsThis, holder->ids[nameID], xsVar(0));
		setNumber(the, holder->ids[offsetID], turn->offset);
		break;
	default:
		break;
	}
	scannerDone(holder->scanner);
	setNumber(the, holder->ids[atID], turn->at);
	xsmcSetInteger(xsResult, (xsIntegerValue)token);
}
