/* Where code was when an error was made or the machine died; and the engine's table of optional parts, filled as the SDK's linker fills it. */
#include "simulator.h"

/* The engine's own capture reads module and line from each frame; only its debug build writes them there. */
static void writePlaces(txMachine* the)
{
	txByte* code = the->code;
	txSlot* frame;
	for (frame = the->frame; frame && frame->next; frame = frame->next) {
		txSlot* environment = mxFrameToEnvironment(frame);
		int line;
		txID module;
		if (!(frame->flag & XS_C_FLAG) && romPlace(the, code, &module, &line)) {
			environment->ID = module;
			environment->value.environment.line = line;
		}
		code = frame->value.frame.code;
	}
}

static void captureErrorStack(txMachine* the, txSlot* internal, txSlot* frame)
{
	writePlaces(the);
	fxCaptureErrorStack(the, internal, frame);
}

static void writePlace(txMachine* the, FILE* file, txID module, int line)
{
	static int count;
	fprintf(file, "%s\"%s:%d\"", count++ ? "," : "", fxGetKeyName(the, module), line);
}

/* What an exception kept when it was made. */
static int writeException(txMachine* the, FILE* file)
{
	txSlot* slot = mxException.kind == XS_REFERENCE_KIND ? mxException.value.reference->next : NULL;
	if (!slot || slot->kind != XS_ERROR_KIND || !slot->value.reference)
		return 0;
	for (slot = slot->value.reference->next; slot; slot = slot->next)
		if (slot->ID != XS_NO_ID)
			writePlace(the, file, slot->ID, (int)slot->value.key.sum);
	return 1;
}

/* A JSON array of "module:line", innermost first. */
void traceWrite(txMachine* the, FILE* file)
{
	txByte* code = the->code;
	txSlot* frame;
	txID module;
	int line, depth = 0;
	fputc('[', file);
	if (!writeException(the, file)) {
		for (frame = the->frame; frame && depth < 32; frame = frame->next) {
			if (!(frame->flag & XS_C_FLAG) && romPlace(the, code, &module, &line)) {
				writePlace(the, file, module, line);
				depth++;
			}
			code = frame->value.frame.code;
		}
	}
	fputc(']', file);
}

static void deadStrip(txMachine* the)
{
	fxAbort(the, XS_DEAD_STRIP_EXIT);
}

/* No names and lengths on functions, no direct eval: strip "*" leaves the first two out, and there is no parser. */
const txDefaults gxDefaults = {
	.newAsyncInstance = fxNewAsyncInstance,
	.runAsync = fxRunAsync,
	.newGeneratorInstance = fxNewGeneratorInstance,
	.newGeneratorFunctionInstance = fxNewGeneratorFunctionInstance,
	.newAsyncGeneratorInstance = fxNewAsyncGeneratorInstance,
	.newAsyncGeneratorFunctionInstance = fxNewAsyncGeneratorFunctionInstance,
	.runForAwaitOf = fxRunForAwaitOf,
	.newArgumentsSloppyInstance = fxNewArgumentsSloppyInstance,
	.newArgumentsStrictInstance = fxNewArgumentsStrictInstance,
	.runEval = deadStrip,
	.runEvalEnvironment = deadStrip,
	.runProgramEnvironment = deadStrip,
	.initializeSharedCluster = fxInitializeSharedCluster,
	.terminateSharedCluster = fxTerminateSharedCluster,
	.runImport = fxRunImport,
	.definePrivateProperty = fxDefinePrivateProperty,
	.getPrivateProperty = fxGetPrivateProperty,
	.setPrivateProperty = fxSetPrivateProperty,
	.cleanupFinalizationRegistries = fxCleanupFinalizationRegistries,
	.captureErrorStack = captureErrorStack
};
