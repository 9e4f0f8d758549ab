/* The simulator's parts and what they say to each other. */
#ifndef SIMULATOR_H
#define SIMULATOR_H

#include "xsAll.h"
#include "xsScript.h"
#include "xs.h"

/* Exit codes: 0 clean, these two, and 10 + the engine's own abort status (11 memory full, 12 stack overflow, 14 dead strip, 15 unhandled exception, …). */
enum { exitMisuse = 2, exitGone = 3, exitAbort = 10 };

/* fatal: one line on standard error, then out. */
void fail(int code, const char* format, ...) __attribute__((noreturn, format(printf, 2, 3)));
void* need(void* pointer);

/* heap.c: the one block, and its figures since the last fresh phase. */
enum { figuresSize = 512 };
void heapSettle(txMachine* the);
int heapWrite(txMachine* the, char* buffer);
void heapFreshPhase(txMachine* the);

/* rom.c: modules and built-ins, frozen, outside the heap. */
typedef struct Module Module;
void romBurn(txMachine* root, const char* name, const char* path);
void romPreload(txMachine* root, const char* name);
void romClose(txMachine* root);
/* On standard output a line of JSON for each module: bytes of code, and of the names that nobody used before it. */
void romSizes(void);
void romFree(void);
/* Where `code` is: the module's ID and line (of the compiled JavaScript); 0 when in no module. */
int romPlace(txMachine* the, const txByte* code, txID* module, int* line);

/* trace.c: lines into error stacks; the stack of a crash. */
void traceWrite(txMachine* the, FILE* file);

/* frames.c: u32 length | u8 op | u32 id | bytes, little-endian, on descriptors 3 (in) and 4 (out). */
typedef struct Frame {
	struct Frame* next;
	uint32_t id;
	uint32_t length;
	uint8_t op;
	uint8_t bytes[];
} Frame;
typedef struct { const void* bytes; uint32_t length; } Part;
enum { framesIn = 3, framesOut = 4, framesLongest = 1 << 20 };
/* Numbers shared with ../device/native.ts. */
enum { opOptions = 1, opAnswer = 2, opTimer = 3, opFigures = 16 };
void frameSend(uint8_t op, uint32_t id, const Part* parts, int count);
Frame* frameReceive(void);
Frame* frameWaiting(void);
Frame* frameAnswer(uint32_t id);

/* natives.c: the object that device code calls. */
void nativesBurn(txMachine* root);
void nativesOpen(txMachine* the, char* options);
void nativesClose(txMachine* the);
void nativesTimer(txMachine* the);
void nativesFrame(txMachine* the, Frame* frame);
double nativesTimeout(void);
void nativesFigures(txMachine* the, uint32_t id);
int nativesEnded(int* code);

#endif
