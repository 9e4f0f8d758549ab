/* What is flash on the chip: built-ins and modules, parsed once, preloaded, frozen and shared with the machine that has the heap. */
#include "simulator.h"

extern const txS1 gxCodeSizes[];
#if XS_MAJOR_VERSION >= 16
extern void fxRemapScript(txMachine* the, txScript* script);
#else
extern void fxRemapIDs(txMachine* the, txByte* codeBuffer, txSize codeSize, txID* theIDs);
#endif

typedef struct { txSize offset; int line; } Place;

struct Module {
	Module* next;
	char* name;
	char* path;
	txScript* script;
	txSize names;	/* bytes of those that nobody used before it */
	txID id;
	Place* places;
	int placeCount;	/* -1 until asked for */
};

static Module* modules;
static int closed;
static const char* burning;	/* the file, where it must be right */

/* Parsing */

static void reportError(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
	char text[200];
	(void)console, (void)path;
	vsnprintf(text, sizeof(text), format, arguments);
	fail(exitMisuse, "%s:%d: %s", burning, (int)line, text);
}

static txScript* parse(txMachine* the, void* stream, txGetter getter, txUnsigned flags, int lines)
{
	txParser parser;
	txParserJump jump;
	txScript* volatile script = NULL;
	/* Of its own, not the machine's: a device's buffer is too small for the longest literals. */
	fxInitializeParser(&parser, the, 1 << 20, 1993);
	parser.firstJump = &jump;
	if (burning)
		parser.reportError = reportError;
	if (c_setjmp(jump.jmp_buf) == 0) {
		fxParserTree(&parser, stream, getter, flags, NULL);
		if (lines) {
			parser.flags |= mxDebugFlag;
			parser.source = fxNewParserSymbol(&parser, "");
		}
		fxParserHoist(&parser);
		fxParserBind(&parser);
		script = fxParserCode(&parser);
	}
	fxTerminateParser(&parser);
	return script;
}

/* Once the modules are burnt there is no parser: eval and Function get a SyntaxError. */
txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags)
{
	return closed ? NULL : parse(the, stream, getter, flags, 0);
}

static txScript* parseModule(txMachine* the, const char* path, int lines)
{
	FILE* file = fopen(path, "r");
	txScript* script;
	if (!file)
		return NULL;
	script = parse(the, file, (txGetter)fgetc, 0, lines);
	fclose(file);
	return script;
}

/* Byte code */

static txByte* nextCode(txByte* p)
{
	txS1 size = gxCodeSizes[*(txU1*)p];
	txU4 count = 0;
	if (size > 0)
		return p + size;
	if (size == 0)
		return p + 1 + sizeof(txID);
	c_memcpy(&count, p + 1, -size);
	return p + 1 - size + count;
}

static txU1 archived(txU1 code)
{
	switch (code) {
	case XS_CODE_CODE_1: return XS_CODE_CODE_ARCHIVE_1;
	case XS_CODE_CODE_2: return XS_CODE_CODE_ARCHIVE_2;
	case XS_CODE_CODE_4: return XS_CODE_CODE_ARCHIVE_4;
	case XS_CODE_STRING_1: return XS_CODE_STRING_ARCHIVE_1;
	case XS_CODE_STRING_2: return XS_CODE_STRING_ARCHIVE_2;
	case XS_CODE_STRING_4: return XS_CODE_STRING_ARCHIVE_4;
	default: return code;
	}
}

/* Functions and literals of the module are used where they are, never copied into the heap. */
static void archive(txScript* script)
{
	txByte* p = script->codeBuffer;
	txByte* end = p + script->codeSize;
	for (; p < end; p = nextCode(p))
		*(txU1*)p = archived(*(txU1*)p);
}

/* The parser numbers a module's names by itself; from here on they are the machine's. */
static void internNames(txMachine* the, txScript* script)
{
#if XS_MAJOR_VERSION >= 16
	fxRemapScript(the, script);
#else
	txByte* p = script->symbolsBuffer;
	txID count, i;
	txID* ids;
	mxDecodeID(p, count);
	ids = need(c_malloc(count * sizeof(txID)));
	ids[0] = XS_NO_ID;
	for (i = 1; i < count; i++) {
		ids[i] = fxNewNameC(the, (txString)p);
		p += c_strlen((char*)p) + 1;
	}
	fxRemapIDs(the, script->codeBuffer, script->codeSize, ids);
	c_free(ids);
#endif
	c_free(script->symbolsBuffer);
	script->symbolsBuffer = NULL;
	script->symbolsSize = 0;
}

static char* copyText(const char* text)
{
	size_t size = strlen(text) + 1;
	return c_memcpy(need(c_malloc(size)), text, size);
}

void romBurn(txMachine* root, const char* name, const char* path)
{
	Module* module = need(c_calloc(1, sizeof(Module)));
	txID known;
	burning = path;
	module->script = parseModule(root, path, 0);
	burning = NULL;
	if (!module->script)
		fail(exitMisuse, "%s cannot be read", path);
	module->name = copyText(name);
	module->path = copyText(path);
	module->placeCount = -1;
	module->next = modules;
	modules = module;
	fxBeginHost(root);
	known = root->keyIndex;
	internNames(root, module->script);
	for (; known < root->keyIndex; known++)
		module->names += (txSize)c_strlen(fxGetKeyName(root, known)) + 1;
	module->id = fxNewNameC(root, module->name);
	fxEndHost(root);
	archive(module->script);
	module->script->path = module->name;
}

/* Imports */

static Module* findModule(const char* name)
{
	Module* module = modules;
	while (module && strcmp(module->name, name))
		module = module->next;
	return module;
}

/* "../xml/parser.js" as module "src/xmpp/stream" means it: "src/xml/parser". */
static int resolve(const char* base, const char* specifier, char* name, size_t size)
{
	size_t length;
	char* end;
	if (specifier[0] != '.')
		base = "";
	length = strlen(base);
	if (length + strlen(specifier) + 2 > size)
		return 0;
	c_memcpy(name, base, length + 1);
	end = strrchr(name, '/');
	end = end ? end : name;
	*end = 0;
	for (;;) {
		if (!strncmp(specifier, "./", 2))
			specifier += 2;
		else if (!strncmp(specifier, "../", 3)) {
			specifier += 3;
			end = strrchr(name, '/');
			end = end ? end : name;
			*end = 0;
		}
		else
			break;
	}
	if (end > name)
		*end++ = '/';
	c_memcpy(end, specifier, strlen(specifier) + 1);
	length = strlen(name);
	if (length > 3 && !strcmp(name + length - 3, ".js"))
		name[length - 3] = 0;
	return 1;
}

txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* slot)
{
	char specifier[256];
	char name[512];
	const char* base = moduleID == XS_NO_ID ? "" : fxGetKeyName(the, moduleID);
	Module* module;
	(void)realm;
	fxToStringBuffer(the, slot, specifier, sizeof(specifier));
	if (!resolve(base, specifier, name, sizeof(name)))
		return XS_NO_ID;
	module = findModule(name);
	return module ? module->id : XS_NO_ID;
}

void fxLoadModule(txMachine* the, txSlot* slot, txID moduleID)
{
	Module* module = findModule(fxGetKeyName(the, moduleID));
	if (module)
		fxResolveModule(the, slot, moduleID, module->script, NULL, NULL);
}

void romPreload(txMachine* root, const char* name)
{
	txMachine* the = root;
	xsBeginHost(the);
	{
		xsTry {
			xsResult = xsAwaitImport(name, XS_IMPORT_NAMESPACE);
		}
		xsCatch {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
	}
	xsEndHost(the);
}

/* Freezing: what the linker of the SDK freezes in what goes to flash. */

static void freezeInstance(txSlot* instance)
{
	txSlot* property;
	for (property = instance->next; property; property = property->next) {
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
		property->flag |= XS_DONT_DELETE_FLAG;
	}
	instance->flag |= XS_DONT_PATCH_FLAG;
}

static void freezeReference(txSlot* slot)
{
	if (slot->kind == XS_REFERENCE_KIND)
		freezeInstance(slot->value.reference);
}

static void freezeFunction(txSlot* instance)
{
	txSlot* property;
	freezeInstance(instance);
	if (!(instance->flag & XS_CAN_CONSTRUCT_FLAG))
		return;
	for (property = instance->next; property; property = property->next)
		if (property->ID == mxID(_prototype))
			freezeReference(property);
}

static void freezeByKind(txSlot* instance)
{
	txSlot* internal = instance->next;
	if (!internal || !(internal->flag & XS_INTERNAL_FLAG))
		return;
	switch (internal->kind) {
	case XS_CALLBACK_KIND: case XS_CALLBACK_X_KIND: case XS_CODE_KIND: case XS_CODE_X_KIND:
		freezeFunction(instance);
		break;
	case XS_MAP_KIND: case XS_SET_KIND: case XS_WEAK_MAP_KIND: case XS_WEAK_SET_KIND: case XS_WEAK_REF_KIND:
	case XS_ARRAY_BUFFER_KIND: case XS_DATA_VIEW_KIND: case XS_TYPED_ARRAY_KIND: case XS_REGEXP_KIND:
		freezeInstance(instance);
		break;
	default:
		if (internal->ID == XS_ENVIRONMENT_BEHAVIOR)
			freezeInstance(instance);
	}
}

/* Calls back for every slot of the root's heap. */
static void eachSlot(txMachine* root, void (*visit)(txSlot*))
{
	txSlot* heap;
	txSlot* slot;
	for (heap = root->firstHeap; heap; heap = heap->next)
		for (slot = heap + 1; slot < heap->value.reference; slot++)
			visit(slot);
}

static void freezeSlot(txSlot* slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		freezeByKind(slot);
}

/* Object.freeze() for constructors, prototypes and namespaces that the engine keeps on its stack: XS_INTRINSICS and what follows. */
static void freezeBuiltIns(txMachine* root)
{
	txSlot* slot;
	for (slot = root->stack; slot < root->stackTop - 1 - mxInstanceInspectorsStackIndex; slot++)
		freezeReference(slot);
}

/* A string of ROM is no chunk of the heap: the collector must leave it where it is. */
static void externalize(txSlot* slot)
{
	switch (slot->kind) {
	case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
	case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
	case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
	case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
	default: break;
	}
}

static void externalizeSlot(txSlot* slot)
{
	txIndex count, i;
	externalize(slot);
	if (slot->kind != XS_ARRAY_KIND || !slot->value.array.address)
		return;
	count = fxGetIndexSize(NULL, slot);
	for (i = 0; i < count; i++)
		externalize(slot->value.array.address + i);
}

void romClose(txMachine* root)
{
	txSlot* slot;
	txSlot* global = root->stackTop[-1 - mxGlobalStackIndex].value.reference;
	eachSlot(root, freezeSlot);
	freezeBuiltIns(root);
	freezeInstance(global);
	fxShareMachine(root);
	eachSlot(root, externalizeSlot);
	for (slot = root->stack; slot < root->stackTop; slot++)
		externalize(slot);
	closed = 1;
}

void romSizes(void)
{
	Module* module;
	for (module = modules; module; module = module->next)
		printf("{\"module\":\"%s\",\"code\":%d,\"names\":%d}\n", module->name, (int)module->script->codeSize, (int)module->names);
}

void romFree(void)
{
	while (modules) {
		Module* module = modules;
		modules = module->next;
		fxDeleteScript(module->script);
		c_free(module->name);
		c_free(module->path);
		c_free(module->places);
		c_free(module);
	}
}

/* Lines. The code that runs has none, as on the chip; the same module compiled with them has the same instructions and some that only tell lines. */

static int tellsLine(txByte code)
{
	return (txU1)code == XS_CODE_LINE || (txU1)code == XS_CODE_FILE || (txU1)code == XS_CODE_PROFILE;
}

static void collectPlaces(Module* module, txScript* told)
{
	txByte* start = module->script->codeBuffer;
	txByte* end = start + module->script->codeSize;
	txByte* with = told->codeBuffer;
	txByte* p;
	txU2 line = 0;
	int last = 0;
	for (p = start; p < end; p = nextCode(p), with = nextCode(with)) {
		for (; tellsLine(*with); with = nextCode(with))
			if ((txU1)*with == XS_CODE_LINE)
				c_memcpy(&line, with + 1, sizeof(line));
		if (line == last)
			continue;
		last = line;
		module->places[module->placeCount].offset = (txSize)(p - start);
		module->places[module->placeCount++].line = line;
	}
}

static void findPlaces(txMachine* the, Module* module)
{
	txScript* told = parseModule(the, module->path, 1);
	module->placeCount = 0;
	if (!told)
		return;
	module->places = need(c_calloc(told->codeSize, sizeof(Place)));
	collectPlaces(module, told);
	module->places = need(c_realloc(module->places, (module->placeCount + 1) * sizeof(Place)));
	fxDeleteScript(told);
}

static int lineAt(Module* module, txSize offset)
{
	int low = 0, high = module->placeCount;
	while (low < high) {	/* the code in hand is past the instruction that runs */
		int middle = (low + high) / 2;
		if (module->places[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (module->placeCount == 0)
		return 0;
	return module->places[low > 0 ? low - 1 : 0].line;	/* what initializes the fields of a first class lies before any line */
}

int romPlace(txMachine* the, const txByte* code, txID* id, int* line)
{
	Module* module;
	for (module = modules; module; module = module->next) {
		ptrdiff_t offset = code - module->script->codeBuffer;
		if (!code || offset < 0 || offset > module->script->codeSize)
			continue;
		if (module->placeCount < 0)
			findPlaces(the, module);
		*id = module->id;
		*line = lineAt(module, (txSize)offset);
		return 1;
	}
	return 0;
}
