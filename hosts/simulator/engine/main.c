/* The XS engine as a chip runs it: built-ins and modules in ROM, a clone of that machine in one static heap, an event loop. ../build.ts tells how it is called. */
#include "simulator.h"
#include <poll.h>
#include <signal.h>
#ifdef __linux__
	#include <sys/prctl.h>
#endif

typedef struct {
	long heap;
	long stack;
	int frames;
	int collect;
	int sizes;
	const char* main;
} Settings;

static Settings settings = { .heap = 65536, .stack = 768 };

void fail(int code, const char* format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("simulator: ", stderr);
	vfprintf(stderr, format, arguments);
	fputs(".\n", stderr);
	exit(code);
}

void* need(void* pointer)
{
	if (!pointer)
		fail(exitMisuse, "the system has no memory left");
	return pointer;
}

void fxQueuePromiseJobs(txMachine* the)
{
	the->promiseJobs = 1;
}

enum { mostDetail = 1000 };

static void writeText(FILE* file, const char* text)
{
	const char* end = text + mostDetail;
	for (; *text && text < end; text++) {
		if ((uint8_t)*text < ' ')
			fputc(' ', file);
		else {
			if (*text == '"' || *text == '\\')
				fputc('\\', file);
			fputc(*text, file);
		}
	}
}

static c_jmp_buf nested;
static int dying;

/* What was thrown, as text: making it can run code, which can throw or find the memory full. */
static void writeDetail(txMachine* the, int status)
{
	if (status != XS_UNHANDLED_EXCEPTION_EXIT && status != XS_UNHANDLED_REJECTION_EXIT)
		return;
	mxTry(the) {
		if (c_setjmp(nested) == 0) {
			mxPush(mxException);	/* a copy: the error becomes its text */
			writeText(stderr, fxToString(the, the->stack));
		}
	}
	mxCatch(the) {
	}
}

/* The chip restarts here; the program says why in one line of JSON and ends. */
void fxAbort(txMachine* the, int status)
{
	static const char* const reasons[] = { "debugger", "memory full", "stack overflow", "fatal check", "dead strip", "unhandled exception",
		"no more keys", "too much computation", "unhandled rejection" };
	int known = status >= 0 && status < (int)(sizeof(reasons) / sizeof(reasons[0]));
	char figures[figuresSize];
	if (dying)
		c_longjmp(nested, 1);
	dying = 1;
	heapWrite(the, figures);
	fprintf(stderr, "{\"abort\":\"%s\",\"code\":%d,\"heap\":%ld,\"figures\":%s,\"stack\":", known ? reasons[status] : "unknown",
		exitAbort + status, the->heap ? settings.heap : 0, figures);
	traceWrite(the, stderr);
	fputs(",\"detail\":\"", stderr);
	writeDetail(the, status);
	fputs("\"}\n", stderr);
	exit(exitAbort + status);
}

/* Promise jobs until there are none. */
static void settle(txMachine* the)
{
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
	heapSettle(the);
}

static void runMain(txMachine* the)
{
	xsBeginHost(the);
	{
		xsTry {	/* synchronous, as on the chip: no await at the top of a module */
			xsResult = xsAwaitImport(settings.main, XS_IMPORT_NAMESPACE);
		}
		xsCatch {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
	}
	xsEndHost(the);
	settle(the);
}

static Frame* awaitFrame(int timeout)
{
	struct pollfd in = { .fd = framesIn, .events = POLLIN };
	int count = poll(&in, settings.frames ? 1 : 0, timeout);
	return count > 0 ? frameReceive() : NULL;
}

/* One frame or the timer at a time, until the end is asked for or nothing can come any more. */
static int runLoop(txMachine* the)
{
	int code;
	while (!nativesEnded(&code)) {
		Frame* frame = frameWaiting();
		double timeout = nativesTimeout();
		if (!frame && !settings.frames && timeout < 0)
			return 0;
		if (!frame)
			frame = awaitFrame(timeout < 0 ? -1 : timeout > INT_MAX ? INT_MAX : (int)ceil(timeout));
		if (frame)
			nativesFrame(the, frame);
		else
			nativesTimer(the);
		if (settings.collect)
			fxCollectGarbage(the);
		settle(the);
	}
	return code;
}

static txMachine* makeRoot(void)
{
	xsCreation creation = { .initialChunkSize = 4 << 20, .incrementalChunkSize = 1 << 20, .initialHeapCount = 65536, .incrementalHeapCount = 8192,
		.stackCount = 4096, .initialKeyCount = 4096, .incrementalKeyCount = 1024, .nameModulo = 1993, .symbolModulo = 127,
		.parserBufferSize = 1 << 20, .parserTableModulo = 1993 };
	txMachine* root = xsCreateMachine(&creation, "rom", NULL);
	if (!root)
		fail(exitMisuse, "the engine cannot start");
	nativesBurn(root);
	return root;
}

/* Bytes; more is for suites that hold what no chip does. */
enum { largestChip = 1 << 20 };

/* As the SDK's manifests create a machine on an ESP32. */
static txMachine* makeDevice(txMachine* root, uint8_t** block)
{
	xsCreation creation = { .initialChunkSize = 1536, .incrementalChunkSize = 512, .initialHeapCount = 512, .incrementalHeapCount = 64,
		.initialKeyCount = 32, .incrementalKeyCount = 32, .nameModulo = 1993, .symbolModulo = 127, .parserBufferSize = 1024, .parserTableModulo = 127 };
	txMachine* the;
	size_t slots = (size_t)settings.stack + (size_t)creation.initialHeapCount;
	/* The engine looks at nothing that it takes first. */
	if (slots > ((size_t)settings.heap - (size_t)creation.initialChunkSize - sizeof(txBlock)) / sizeof(txSlot))
		fail(exitMisuse, "a heap of %ld bytes has no room for a stack of %ld slots and a first %d", settings.heap, settings.stack,
			(int)creation.initialHeapCount);
	creation.stackCount = (xsIntegerValue)settings.stack;
	if (settings.heap > largestChip) {	/* a world of many things would collect at every small step */
		creation.initialHeapCount = creation.incrementalHeapCount = (xsIntegerValue)(settings.heap / 32 / sizeof(txSlot));
		creation.initialChunkSize = creation.incrementalChunkSize = (xsIntegerValue)(settings.heap / 32);
	}
	the = xsCloneMachine(&creation, root, "device", block);
	if (!the)
		fail(exitMisuse, "the engine cannot start in %ld bytes", settings.heap);
	xsSetContext(the, NULL);
	heapFreshPhase(the);
	return the;
}

static long number(const char* option, const char* text, long least)
{
	char* end = NULL;
	long value = text ? strtol(text, &end, 10) : 0;
	if (!text || *end || value < least || value > INT_MAX)
		fail(exitMisuse, "%s needs a whole number from %ld", option, least);
	return value;
}

/* NAME=PATH of --rom and --main. */
static char* burn(txMachine* root, const char* option, char* text)
{
	char* path = text ? strchr(text, '=') : NULL;
	if (!path)
		fail(exitMisuse, "%s needs NAME=PATH", option);
	*path++ = 0;
	romBurn(root, text, path);
	return text;
}

static void readArguments(txMachine* root, int count, char** words)
{
	int i;
	for (i = 1; i < count; i++) {
		const char* option = words[i];
		char* value = words[i + 1];
		if (!strcmp(option, "--frames"))
			settings.frames = 1;
		else if (!strcmp(option, "--collect"))
			settings.collect = 1;
		else if (!strcmp(option, "--sizes"))
			settings.sizes = 1;
		else if (!strcmp(option, "--heap"))
			settings.heap = number(option, value, 4096), i++;
		else if (!strcmp(option, "--stack"))
			settings.stack = number(option, value, 64), i++;
		else if (!strcmp(option, "--rom"))
			burn(root, option, value), i++;
		else if (!strcmp(option, "--main"))
			settings.main = burn(root, option, value), i++;
		else
			fail(exitMisuse, "%s is no option", option);
	}
	if (!settings.main)
		fail(exitMisuse, "--main NAME=PATH is missing");
	for (i = 1; i < count; i++)
		if (!strcmp(words[i], "--rom"))
			romPreload(root, words[i + 1]);
}

static char* takeOptions(void)
{
	Frame* frame;
	char* options;
	if (!settings.frames)
		return NULL;
	frame = frameReceive();
	if (frame->op != opOptions)
		fail(exitGone, "the first frame brings no options");
	options = need(c_malloc(frame->length + 1));
	c_memcpy(options, frame->bytes, frame->length + 1);
	c_free(frame);
	return options;
}

static void tellVersion(void)
{
	printf("{\"xs\":\"%d.%d.%d\",\"slot\":%zu,\"bits\":%zu}\n", XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, sizeof(txSlot),
		8 * sizeof(void*));
}

int main(int count, char** words)
{
	txMachine* root;
	txMachine* the;
	uint8_t* block[2];
	int code;
	if (count == 2 && !strcmp(words[1], "--version"))
		return tellVersion(), 0;
	signal(SIGPIPE, SIG_IGN);
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	root = makeRoot();
	readArguments(root, count, words);
	if (settings.sizes)
		return romSizes(), 0;
	romClose(root);
	settings.heap -= settings.heap % (long)sizeof(txSlot);	/* slots lie at its end */
	block[0] = need(c_malloc(settings.heap));
	block[1] = block[0] + settings.heap;
	the = makeDevice(root, block);
	nativesOpen(the, takeOptions());
	runMain(the);
	code = runLoop(the);
	fxCheckUnhandledRejections(the, 1);
	if (settings.frames)
		nativesFigures(the, 0);
	nativesClose(the);
	xsDeleteMachine(the);
	xsDeleteMachine(root);
	romFree();
	c_free(block[0]);
	return code;
}
