/* The driver of the TLS module's tests: one command a line on standard input, one line of JSON for each on standard output. */
#ifndef DRIVER_H
#define DRIVER_H

#include "../../hosts/moddable/tls/tlsParts.h"

/* Bytes of a file, NUL behind them; NULL when there is none. */
typedef struct {
	uint8_t* bytes;
	size_t length;
} File;
File fileRead(const char* path);
void fileFree(File* file);

/* Words `name=value` of the command. */
const char* word(const char* name, const char* otherwise);
long number(const char* name, long otherwise);
/* Trust of the words anchors, certificate and key; prints the refusal and gives NULL when there is none. */
TLSTrust* trustOfWords(void);
/* Everything about a connection but the braces. */
void report(TLS* tls);
void reportText(const char* name, const void* bytes, size_t length);
const char* failureName(TLSFailure failure);

/* heap.c: the heap as malloc, calloc and free of the module and mbedTLS see it, while it is counted. */
typedef struct {
	size_t now, most, blocks, calls;
} Heap;
extern Heap heap;
void heapCount(int on);
/* The call of this number from now on finds no memory, once; 0: none. */
void heapFail(size_t call);

/* What is still on it when all is freed. */
size_t heapLeft(void);

/* memory.c: a server of mbedTLS in this process, whose bytes come cut, changed or late. */
void commandMemory(void);
void commandCut(void);
void commandFuzz(void);
void commandStarve(void);

#endif
