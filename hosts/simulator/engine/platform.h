/* What XS asks of its platform: POSIX, and a heap in one block. */
#ifndef SIMULATOR_PLATFORM_H
#define SIMULATOR_PLATFORM_H

#undef mxLittleEndian
#define mxLittleEndian 1
#undef mxLinux
#define mxLinux 1
#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1
typedef int txSocket;
#define mxNoSocket -1

/* The static block of a machine: chunks grow up from its start, slots down from its end. */
#define mxMachinePlatform \
	uint8_t* heap; \
	uint8_t* heapChunks; \
	uint8_t* heapSlots; \
	int promiseJobs; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink; \
	void* host;

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultSharedChunks 1
#define mxUseDefaultDebug 1
/* On the chip an ID has 16 bits; in 64 bits slots have room for more. */
#if INTPTR_MAX == INT64_MAX
	#define mx32bitID 1
#endif

#endif
