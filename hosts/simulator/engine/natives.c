/* The object `simulator` that device code calls: frames, one timer, the clock, and what tests and benches ask for. */
#include "simulator.h"

/* hosts/native */
extern void xs_extasis_scanner_destructor(void* data);
extern void xs_extasis_scanner(xsMachine* the);
extern void xs_extasis_scanner_scan(xsMachine* the);
extern void xs_extasis_scanner_restart(xsMachine* the);

extern xsIntegerValue _xsmcGetBuffer(xsMachine* the, xsSlot* slot, void** data, xsUnsignedValue* count, xsBooleanValue writable);

/* What an answer or a notice carries: its first byte tells. */
enum { nothing = 0, someBytes = 1, someText = 2, someError = 3 };
enum { mostParts = 4 };

static struct {
	char* options;
	txSlot listener;
	int listening;
	double due;	/* of the timer, or -1 */
	int ended;
	int code;
} state = { .due = -1 };

static double milliseconds(clockid_t which)
{
	struct timespec time;
	clock_gettime(which, &time);
	return time.tv_sec * 1e3 + (double)(time.tv_nsec / 1000000);
}

/* Text, or bytes where they lie: nothing may be allocated while a part is used. */
static Part partOf(txMachine* the, txSlot* slot)
{
	Part part = { NULL, 0 };
	if (slot->kind == XS_STRING_KIND || slot->kind == XS_STRING_X_KIND) {
		part.bytes = slot->value.string;
		part.length = (uint32_t)strlen(slot->value.string);
	}
	else if (slot->kind != XS_UNDEFINED_KIND) {
		void* data;
		xsUnsignedValue count;
		_xsmcGetBuffer(the, slot, &data, &count, 0);
		part.bytes = data;
		part.length = count;
	}
	return part;
}

static void valueOf(txMachine* the, Frame* frame, xsSlot* result)
{
	const uint8_t* bytes = frame->bytes + 1;
	int length = (int)frame->length - 1;
	if (length < 0 || frame->bytes[0] == nothing)
		*result = xsUndefined;
	else if (frame->bytes[0] == someBytes)
		*result = xsArrayBuffer((void*)bytes, length);
	else
		*result = xsString((char*)bytes);
}

/* Of a phase, which ends with it, where `id` is 0. */
void nativesFigures(txMachine* the, uint32_t id)
{
	char text[figuresSize];
	Part part = { text, 0 };
	part.length = (uint32_t)heapWrite(the, text);
	frameSend(opFigures, id, &part, 1);
	if (id == 0)
		heapFreshPhase(the);
}

/* options(): what the first frame brought, once. */
static void native_options(xsMachine* the)
{
	if (!state.options)
		return;
	xsResult = xsString(state.options);
	c_free(state.options);
	state.options = NULL;
}

/* listen(callback): callback(op, id, value) for every frame and for the timer. */
static void native_listen(xsMachine* the)
{
	if (!state.listening)
		fxRemember(the, &state.listener);
	state.listening = 1;
	state.listener.value = xsArg(0).value;
	state.listener.kind = xsArg(0).kind;
}

static void checkLength(xsMachine* the, uint32_t length)
{
	if (length > framesLongest / 2)
		xsRangeError("%u bytes are too many for a frame", length);
}

/* send(op, id, data) */
static void native_send(xsMachine* the)
{
	uint8_t op = (uint8_t)xsToInteger(xsArg(0));
	uint32_t id = (uint32_t)xsToInteger(xsArg(1));
	Part part = { NULL, 0 };
	if (op == opFigures) {
		nativesFigures(the, 0);
		return;
	}
	if (xsToInteger(xsArgc) > 2)
		part = partOf(the, &xsArg(2));
	checkLength(the, part.length);
	frameSend(op, id, &part, 1);
}

/* ask(op, number, ...parts): waits for the answer; throws what the other side could not do. */
static void native_ask(xsMachine* the)
{
	static uint32_t asked;
	uint8_t op = (uint8_t)xsToInteger(xsArg(0));
	uint32_t lengths[mostParts + 1];
	uint32_t total = 0;
	Part parts[2 * mostParts + 1];
	int i, count = (int)xsToInteger(xsArgc) - 2;
	Frame* answer;
	if (count > mostParts)
		xsUnknownError("too many parts");
	lengths[mostParts] = (uint32_t)xsToInteger(xsArg(1));
	parts[0] = (Part){ &lengths[mostParts], 4 };
	for (i = 0; i < count; i++) {
		parts[2 * i + 2] = partOf(the, &xsArg(i + 2));
		lengths[i] = parts[2 * i + 2].length;
		checkLength(the, total += lengths[i]);
		parts[2 * i + 1] = (Part){ &lengths[i], 4 };
	}
	frameSend(op, ++asked, parts, 2 * (count > 0 ? count : 0) + 1);
	answer = frameAnswer(asked);
	if (answer->length > 0 && answer->bytes[0] == someError) {
		/* Made here: the engine's own messages are short and ASCII. */
		xsResult = xsString((char*)answer->bytes + 1);
		c_free(answer);
		xsResult = xsNew1(xsGlobal, xsID("Error"), xsResult);
		xsThrow(xsResult);
	}
	valueOf(the, answer, &xsResult);
	c_free(answer);
}

static void native_now(xsMachine* the)
{
	xsResult = xsNumber(milliseconds(CLOCK_REALTIME));
}

/* timer(milliseconds): calls the listener once; below zero it is off. */
static void native_timer(xsMachine* the)
{
	double delay = xsToNumber(xsArg(0));
	state.due = delay >= 0 ? milliseconds(CLOCK_MONOTONIC) + delay : -1;
}

/* equal(a, b): how long it takes tells nothing but the lengths. */
static void native_equal(xsMachine* the)
{
	Part a = partOf(the, &xsArg(0));
	Part b = partOf(the, &xsArg(1));
	volatile uint8_t differs = a.length != b.length;
	uint32_t i;
	for (i = 0; i < a.length && i < b.length; i++)
		differs |= ((const uint8_t*)a.bytes)[i] ^ ((const uint8_t*)b.bytes)[i];
	xsResult = xsBoolean(!differs);
}

/* report(line): a line on standard output. */
static void native_report(xsMachine* the)
{
	puts(xsToString(xsArg(0)));
	fflush(stdout);
}

static void native_collect(xsMachine* the)
{
	fxCollectGarbage(the);
}

/* figures(): JSON, of the time since it was last asked for. */
static void native_figures(xsMachine* the)
{
	char text[figuresSize];
	heapWrite(the, text);
	heapFreshPhase(the);
	xsResult = xsString(text);
}

/* exit(code): ends when the present callback does. */
static void native_exit(xsMachine* the)
{
	state.ended = 1;
	state.code = (int)xsToInteger(xsArg(0));
}

/* new Scanner(bounds), of ../../native. */
static void native_scanner(xsMachine* the)
{
	xsThis = xsNewHostInstance(xsGet(xsFunction, xsID("prototype")));
	xs_extasis_scanner(the);
	xsResult = xsThis;
}

void nativesBurn(txMachine* root)
{
	static const struct { char* name; xsCallback callback; int length; } natives[] = {
		{ "options", native_options, 0 }, { "listen", native_listen, 1 }, { "send", native_send, 3 }, { "ask", native_ask, 6 },
		{ "now", native_now, 0 }, { "timer", native_timer, 1 }, { "equal", native_equal, 2 }, { "report", native_report, 1 },
		{ "collect", native_collect, 0 }, { "figures", native_figures, 0 }, { "exit", native_exit, 1 }
	};
	const xsAttribute fixed = xsDontEnum | xsDontDelete | xsDontSet;
	txMachine* the = root;
	size_t i;
	xsBeginHost(the);
	{
		xsVars(2);
		xsVar(0) = xsNewObject();
		for (i = 0; i < sizeof(natives) / sizeof(natives[0]); i++) {
			xsVar(1) = xsNewHostFunction(natives[i].callback, natives[i].length);
			xsDefine(xsVar(0), xsID(natives[i].name), xsVar(1), fixed);
		}
		xsVar(1) = xsNewHostObject(xs_extasis_scanner_destructor);
		xsDefine(xsVar(1), xsID("scan"), xsNewHostFunction(xs_extasis_scanner_scan, 3), fixed);
		xsDefine(xsVar(1), xsID("restart"), xsNewHostFunction(xs_extasis_scanner_restart, 0), fixed);
		xsDefine(xsVar(0), xsID("Scanner"), xsNewHostConstructor(native_scanner, 1, xsVar(1)), fixed);
		xsCall1(xsGet(xsGlobal, xsID("Object")), xsID("freeze"), xsVar(0));
		xsDefine(xsGlobal, xsID("simulator"), xsVar(0), fixed);
	}
	xsEndHost(the);
}

void nativesOpen(txMachine* the, char* options)
{
	(void)the;
	state.options = options;
}

void nativesClose(txMachine* the)
{
	if (state.listening)
		fxForget(the, &state.listener);
	state.listening = 0;
	c_free(state.options);
	state.options = NULL;
}

static void call(txMachine* the, int op, Frame* frame)
{
	if (!state.listening)
		return;
	xsBeginHost(the);
	{
		xsVars(1);
		xsTry {
			if (frame)
				valueOf(the, frame, &xsVar(0));
			xsCallFunction3(*(xsSlot*)&state.listener, xsGlobal, xsInteger(op), xsInteger(frame ? (int)frame->id : 0), xsVar(0));
		}
		xsCatch {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
	}
	xsEndHost(the);
}

void nativesTimer(txMachine* the)
{
	if (state.due < 0 || state.due > milliseconds(CLOCK_MONOTONIC))
		return;
	state.due = -1;
	call(the, opTimer, NULL);
}

/* Takes the frame. */
void nativesFrame(txMachine* the, Frame* frame)
{
	if (frame->op == opFigures) {	/* asked for: what is in use without what only waits for its collection */
		fxCollectGarbage(the);
		nativesFigures(the, frame->id);
	}
	else
		call(the, frame->op, frame);
	c_free(frame);
}

/* Milliseconds until the timer is due, or -1. */
double nativesTimeout(void)
{
	double rest = state.due - milliseconds(CLOCK_MONOTONIC);
	return state.due < 0 ? -1 : rest > 0 ? rest : 0;
}

int nativesEnded(int* code)
{
	*code = state.code;
	return state.ended;
}
