/* The JavaScript engine of the chip as a program: built-ins in a shared ROM-like machine, a clone of it in one static heap, an event loop. */
#include "xsAll.h"
#include "xsScript.h"
#include "xs.h"
#include <poll.h>
extern xsIntegerValue _xsmcGetBuffer(xsMachine *the, xsSlot *slot, void **data, xsUnsignedValue *count, xsBooleanValue writable);

/* ---------- heap: same policy as moddable/xs/platforms/mc/xsHosts.c (one static block) ---------- */
void fxCreateMachinePlatform(txMachine* the) { }
void fxDeleteMachinePlatform(txMachine* the) { }
static long gGrowFail = 0;
void* fxAllocateChunks(txMachine* the, txSize size)
{
	if ((NULL == the->stack) && (NULL == the->heap) && the->context) {
		uint8_t** c = the->context;
		the->heap = the->heap_ptr = c[0]; the->heap_pend = c[1];
	}
	if (!the->heap) return c_malloc(size);
	txBlock* block = the->firstBlock;
	if (block) {
		txSize grow = size - sizeof(txBlock) - (block->limit - block->current);
		if (the->heap_ptr + grow <= the->heap_pend) {
			the->heap_ptr += grow;
			block->limit = (txByte*)the->heap_ptr - size;
			the->maximumChunksSize += grow - (size - sizeof(txBlock));
			return block->limit;
		}
	}
	else if (the->heap_ptr + size <= the->heap_pend) {
		void* p = the->heap_ptr; the->heap_ptr += size; return p;
	}
	gGrowFail++;
	return NULL;
}
static void* slotAlloc(txMachine* the, size_t size)
{
	if (the->heap_pend - size < the->heap_ptr) return NULL;
	return the->heap_pend -= size;
}
txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	size_t need = count * sizeof(txSlot);
	if (!the->heap) return c_malloc(need);
#if XS_MAJOR_VERSION >= 16
	the->growHeapDirection = -1;
#endif
	void* r = slotAlloc(the, need);
	if (!r && the->firstBlock) {
		fxCollect(the, XS_COMPACT_FLAG | XS_ORGANIC_FLAG);
		the->maximumChunksSize -= the->firstBlock->limit - the->firstBlock->current;
		the->heap_ptr = (uint8_t*)the->firstBlock->current;
		the->firstBlock->limit = the->firstBlock->current;
		r = slotAlloc(the, need);
	}
	return r;
}
void fxFreeChunks(txMachine* the, void* p) { if (!the->heap) c_free(p); }
void fxFreeSlots(txMachine* the, void* p) { if (!the->heap) c_free(p); }

static void report(txMachine* the, const char* why);
void fxAbort(txMachine* the, int status)
{
	static const char* names[] = { "debugger", "memory full", "js stack overflow", "fatal", "dead strip",
		"unhandled exception", "no more keys", "too much computation", "unhandled rejection", "native stack overflow" };
	fprintf(stderr, "XS abort: %s (%d)", (status >= 0 && status < 10) ? names[status] : "?", status);
	if (status == XS_UNHANDLED_EXCEPTION_EXIT || status == XS_UNHANDLED_REJECTION_EXIT)
		fprintf(stderr, ": %s", fxToString(the, &mxException));
	fprintf(stderr, "\n");
	report(the, "abort");
	exit(10 + status);		/* the device restarts here */
}

/* ---------- modules: parsed once, kept outside the heap (= flash), names interned in the root (= ROM) ---------- */
typedef struct { char name[64]; txScript script; } Module;
static Module gModules[256]; static int gModuleCount = 0;
extern const txS1 gxCodeSizes[];

static void* fail(const char* a, const char* b) { fprintf(stderr, "%s %s\n", a, b); exit(2); }
#if XS_MAJOR_VERSION >= 16
extern void fxRemapScript(txMachine* the, txScript* script);
#else
extern void fxRemapIDs(txMachine* the, txByte* codeBuffer, txSize codeSize, txID* theIDs);
#endif
/* as xsl does (fxMapCode): functions and string literals stay in flash */
static void archiveCode(txScript* s)
{
	txByte *p = s->codeBuffer, *q = p + s->codeSize;
	while (p < q) {
		txU1 c = *(txU1*)p; txS1 n; txU4 k = 0;
		if (c == XS_CODE_CODE_1) c = XS_CODE_CODE_ARCHIVE_1; else if (c == XS_CODE_CODE_2) c = XS_CODE_CODE_ARCHIVE_2; else if (c == XS_CODE_CODE_4) c = XS_CODE_CODE_ARCHIVE_4;
		else if (c == XS_CODE_STRING_1) c = XS_CODE_STRING_ARCHIVE_1; else if (c == XS_CODE_STRING_2) c = XS_CODE_STRING_ARCHIVE_2; else if (c == XS_CODE_STRING_4) c = XS_CODE_STRING_ARCHIVE_4;
		*(txU1*)p = c; n = gxCodeSizes[c];
		if (n > 0) p += n; else if (n == 0) p += 1 + sizeof(txID);
		else { memcpy(&k, p + 1, -n); p += 1 - n + k; }
	}
}
/* as xsl does when it writes ROM: values held in root chunks get the "external" kinds, so the device's GC leaves them alone */
static void romKinds(txMachine* the)
{
	txSlot *h, *s;
	for (h = the->firstHeap; h; h = h->next) for (s = h + 1; s < h->value.reference; s++) switch (s->kind) {
		case XS_STRING_KIND: s->kind = XS_STRING_X_KIND; break;
		case XS_BIGINT_KIND: s->kind = XS_BIGINT_X_KIND; break;
		case XS_KEY_KIND: s->kind = XS_KEY_X_KIND; break;
		case XS_CODE_KIND: s->kind = XS_CODE_X_KIND; break;
	}
	for (s = the->stack; s < the->stackTop; s++) if (s->kind == XS_STRING_KIND) s->kind = XS_STRING_X_KIND;
}
static void burnModule(txMachine* the, const char* name, const char* path)
{
	Module* m = &gModules[gModuleCount++];
	FILE* f = fopen(path, "r");
	if (!f) fail("no file", path);
	txScript* s = fxParseScript(the, f, (txGetter)fgetc, 0 /* module, strict */);
	fclose(f);
	if (!s) fail("syntax error in", path);
	strncpy(m->name, name, sizeof(m->name) - 1);
	fxBeginHost(the);
#if XS_MAJOR_VERSION >= 16
	fxRemapScript(the, s);
#else
	{ txByte* p = s->symbolsBuffer; txID c, i; mxDecodeID(p, c);
	  txID* ids = c_malloc(c * sizeof(txID)); ids[0] = XS_NO_ID;
	  for (i = 1; i < c; i++) { ids[i] = fxNewNameC(the, (txString)p); p += mxStringLength((char*)p) + 1; }
	  fxRemapIDs(the, s->codeBuffer, s->codeSize, ids); c_free(ids); }
#endif
	fxNewNameC(the, m->name);
	fxEndHost(the);
	archiveCode(s);
	m->script = *s;
	m->script.symbolsBuffer = NULL; m->script.symbolsSize = 0; m->script.path = m->name;
}
txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* slot)
{
	char buffer[C_PATH_MAX]; char* name = buffer; size_t l; int i;
	fxToStringBuffer(the, slot, buffer, sizeof(buffer));
	if (!strncmp(name, "./", 2)) name += 2;
	l = strlen(name); if (l > 3 && !strcmp(name + l - 3, ".js")) name[l - 3] = 0;
	for (i = 0; i < gModuleCount; i++)
		if (!strcmp(gModules[i].name, name)) return fxNewNameC(the, name);
	return XS_NO_ID;
}
void fxLoadModule(txMachine* the, txSlot* module, txID moduleID)
{
	txString name = fxGetKeyName(the, moduleID); int i;
	for (i = 0; i < gModuleCount; i++)
		if (!strcmp(gModules[i].name, name)) { fxResolveModule(the, module, moduleID, &gModules[i].script, NULL, NULL); return; }
}

/* ---------- host functions ---------- */
void fxQueuePromiseJobs(txMachine* the) { the->promiseJobs = 1; }
typedef struct Timer { struct Timer* next; int id; double when, every; txSlot fn; } Timer;
static Timer* gTimers; static int gTimerId = 0; static long gFramesIn, gFramesOut;
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }
static void host_print(xsMachine* the) { int i, c = xsToInteger(xsArgc); for (i = 0; i < c; i++) printf(i ? " %s" : "%s", xsToString(xsArg(i))); putchar('\n'); fflush(stdout); }
static void host_gc(xsMachine* the) { fxCollectGarbage(the); }
static void host_setTimer(xsMachine* the)
{
	Timer* t = c_calloc(1, sizeof(Timer));
	t->id = ++gTimerId; t->fn = xsArg(0); t->when = now() + xsToNumber(xsArg(1));
	if (xsToInteger(xsArgc) > 2 && xsTest(xsArg(2))) t->every = xsToNumber(xsArg(1));
	fxRemember(the, &t->fn); t->next = gTimers; gTimers = t;
	xsResult = xsInteger(t->id);
}
static void dropTimer(xsMachine* the, int id)
{
	Timer **p = &gTimers, *t;
	for (; (t = *p); p = &t->next) if (t->id == id) { *p = t->next; fxForget(the, &t->fn); c_free(t); return; }
}
static void host_clearTimer(xsMachine* the) { dropTimer(the, xsToInteger(xsArg(0))); }
static void wr(int fd, const void* b, size_t n) { const char* p = b; while (n) { ssize_t k = write(fd, p, n); if (k <= 0) exit(3); p += k; n -= k; } }
/* post(op, id, bytes) -> frame on fd 4: u32 length | u8 op | u32 id | bytes */
static void host_post(xsMachine* the)
{
	uint32_t n = 0; void* data = NULL; uint8_t h[9]; uint32_t id = xsToInteger(xsArg(1));
	if (xsToInteger(xsArgc) > 2) { xsUnsignedValue sz; _xsmcGetBuffer(the, &xsArg(2), &data, &sz, 0); n = sz; }
	uint32_t len = 5 + n; memcpy(h, &len, 4); h[4] = xsToInteger(xsArg(0)); memcpy(h + 5, &id, 4);
	wr(4, h, 9); wr(4, data, n); gFramesOut++;
}
static void host_stats(xsMachine* the)
{
	xsVars(1); xsResult = xsNewObject();
#define STAT(N, V) xsVar(0) = xsInteger((xsIntegerValue)(V)); xsSet(xsResult, xsID(N), xsVar(0))
	STAT("slotBytes", the->currentHeapCount * sizeof(txSlot)); STAT("slotPeak", the->peakHeapCount * sizeof(txSlot));
	STAT("slotMax", the->maximumHeapCount * sizeof(txSlot));
	STAT("chunkBytes", the->currentChunksSize); STAT("chunkPeak", the->peakChunksSize); STAT("chunkMax", the->maximumChunksSize);
	STAT("keys", the->keyIndex - the->keyOffset); STAT("gc", the->garbageCollectionCount);
	STAT("stackPeak", (the->stackTop - the->stackPeak) * sizeof(txSlot));
	STAT("staticFree", the->heap ? the->heap_pend - the->heap_ptr : -1);
}
static void report(txMachine* the, const char* why)
{
	fprintf(stderr, "[%s] slots %ld/%ld peak %ld B, chunks %ld/%ld peak %ld B, static free %ld B, gc %d, keys %d, modules %d, stack peak %ld B\n", why,
		(long)(the->currentHeapCount * sizeof(txSlot)), (long)(the->maximumHeapCount * sizeof(txSlot)), (long)(the->peakHeapCount * sizeof(txSlot)),
		(long)the->currentChunksSize, (long)the->maximumChunksSize, (long)the->peakChunksSize, the->heap ? (long)(the->heap_pend - the->heap_ptr) : -1L,
		the->garbageCollectionCount, the->keyIndex - the->keyOffset, the->loadedModulesCount, (long)((the->stackTop - the->stackPeak) * sizeof(txSlot)));
}
static void settle(txMachine* the);
static void def(xsMachine* the, char* name, xsCallback f, int n) { xsResult = xsNewHostFunction(f, n); xsDefine(xsGlobal, xsID(name), xsResult, xsDontEnum); }
#ifdef HOST_TLS
#include "xsdev_tls.c"
#endif

static void settle(txMachine* the) { do { while (the->promiseJobs) { the->promiseJobs = 0; fxRunPromiseJobs(the); } fxEndJob(the); } while (the->promiseJobs); fxCheckUnhandledRejections(the, 0); }

static uint8_t gIn[1 << 20]; static size_t gInLen = 0;
static int readFrames(txMachine* the)
{
	ssize_t k = read(3, gIn + gInLen, sizeof(gIn) - gInLen); uint32_t len, id; size_t at = 0;
	if (k <= 0) return 0;
	gInLen += k;
	while (gInLen - at >= 4 && (memcpy(&len, gIn + at, 4), gInLen - at >= 4 + len)) {
		uint8_t op = gIn[at + 4]; memcpy(&id, gIn + at + 5, 4); gFramesIn++;
		xsBeginHost(the);
		xsVars(1);
		xsTry { xsVar(0) = xsArrayBuffer(gIn + at + 9, len - 5); xsCall3(xsGlobal, xsID("onpost"), xsInteger(op), xsInteger(id), xsVar(0)); }
		xsCatch { fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT); }
		xsEndHost(the);
		settle(the);
		at += 4 + len;
	}
	memmove(gIn, gIn + at, gInLen - at); gInLen -= at;
	return 1;
}

int main(int argc, char** argv)
{
	/* staticBytes chunkInitial chunkIncr heapInitial heapIncr stack | name=path ... ; module "main" runs */
	int stat = 0, i, ai = 1, bridge = 0, preloads = 0; char* preload[64]; xsCreation dev; xsCreation rom = { 4 << 20, 1 << 20, 65536, 8192, 4096, 4000, 1000, 127, 127, 1 << 20, 1993 };
	memset(&dev, 0, sizeof(dev));
	dev.initialChunkSize = 1536; dev.incrementalChunkSize = 512; dev.initialHeapCount = 512; dev.incrementalHeapCount = 64; dev.stackCount = 384;
	dev.initialKeyCount = 32; dev.incrementalKeyCount = 32; dev.nameModulo = rom.nameModulo; dev.symbolModulo = rom.symbolModulo; dev.parserBufferSize = 32768; dev.parserTableModulo = 127;
	for (; ai < argc && argv[ai][0] == '-'; ai++) {
		if (!strcmp(argv[ai], "-static")) stat = atoi(argv[++ai]);
		else if (!strcmp(argv[ai], "-stack")) dev.stackCount = atoi(argv[++ai]);
		else if (!strcmp(argv[ai], "-bridge")) bridge = 1;
		else if (!strcmp(argv[ai], "-preload")) preload[preloads++] = argv[++ai];	/* manifest "preload" */
		else if (!strcmp(argv[ai], "-v")) { printf("XS %d.%d.%d, slot %zu B, pointer %zu\n", XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, sizeof(txSlot), sizeof(void*)); return 0; }
	}
#if XS_MAJOR_VERSION >= 16
	fxInitializeSharedCluster(NULL);
#else
	fxInitializeSharedCluster();
#endif
	double t0 = now();
	txMachine* root = xsCreateMachine(&rom, "rom", NULL);
	if (!root) fail("no", "root");
	for (i = ai; i < argc; i++) { char* eq = strchr(argv[i], '='); *eq = 0; burnModule(root, argv[i], eq + 1); }
	for (i = 0; i < preloads; i++) { txMachine* the = root; xsBeginHost(the); xsTry { xsResult = xsAwaitImport(preload[i], 0); } xsCatch { fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT); } xsEndHost(the); }
	report(root, "rom");
	fxShareMachine(root);
	romKinds(root);
	uint8_t* block[2] = { NULL, NULL };
	if (stat) { block[0] = c_malloc(stat); block[1] = block[0] + stat; }
	txMachine* the = xsCloneMachine(&dev, root, "device", stat ? block : NULL);
	if (!the) fail("no", "device");
	xsSetContext(the, NULL);
	xsBeginHost(the);
	def(the, "print", host_print, 1); def(the, "gc", host_gc, 0); def(the, "setTimer", host_setTimer, 2); def(the, "clearTimer", host_clearTimer, 1);
	def(the, "post", host_post, 3); def(the, "stats", host_stats, 0);
#ifdef HOST_TLS
	tlsInstall(the);
#endif
	xsEndHost(the);
	report(the, "boot");
	fprintf(stderr, "create %.2f ms\n", now() - t0);
	xsBeginHost(the);
	{ xsTry { xsResult = xsAwaitImport("main", 0 /* namespace, synchronous as on the device */); }
	  xsCatch { fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT); } }
	xsEndHost(the);
	settle(the);
	for (;;) {
		double t = now(), wait = -1; Timer* k; struct pollfd p[34]; int n = 0;
		for (k = gTimers; k; k = k->next) { double d = k->when - t; if (d < 0) d = 0; if (wait < 0 || d < wait) wait = d; }
		if (bridge) { p[n].fd = 3; p[n++].events = POLLIN; }
#ifdef HOST_TLS
		n = tlsPoll(p, n);
#endif
		if (!n && wait < 0) break;
		poll(p, n, wait < 0 ? -1 : (int)ceil(wait));
		if (bridge && (p[0].revents & (POLLIN | POLLHUP)) && !readFrames(the)) break;
#ifdef HOST_TLS
		tlsService(the);
		settle(the);
#endif
		t = now();
		for (k = gTimers; k; k = k->next) if (k->when <= t) {
			int id = k->id, every = k->every > 0;
			if (every) k->when += k->every;
			xsBeginHost(the);
			xsTry { xsCallFunction0(k->fn, xsGlobal); }
			xsCatch { fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT); }
			xsEndHost(the);
			if (!every) dropTimer(the, id);
			settle(the);
			break;		/* one per turn; list may have changed */
		}
	}
	report(the, "end");
#ifdef mxMetering
	fprintf(stderr, "metering %lu\n", (unsigned long)the->meterIndex);
#endif
	return 0;
}
