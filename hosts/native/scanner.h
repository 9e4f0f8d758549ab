/* The scanner of src/xml/scanner.ts in C, for the chip and both simulators: makes tokens of the bytes that a peer sends. No XS, no globals, no recursion. */
#ifndef SCANNER_H
#define SCANNER_H

#include <stddef.h>
#include <stdint.h>

/*
	Use: scannerScan until it gives scannerNone, each time from `at` on; what a token shows stays where it is until scannerDone, which
	gives memory back, and is called before the next scannerScan. After scannerRefused and scannerNoMemory only scannerRestart helps.
*/

typedef struct Scanner Scanner;

/* As realloc, but that it frees where the size is 0. */
typedef void* (*ScannerResize)(void* bytes, size_t size);

/* What of XMLBounds is the scanner's. */
typedef struct {
	uint32_t builtBytes, stanzaBytes, depth, attributes, nameBytes, attributeBytes, namespaceBytes, hardDepth, hardAttributes, hardNameBytes, openBytes;
} ScannerBounds;

/* Numbers shared with scanner.ts, the last one excepted. */
typedef enum {
	scannerNone,
	scannerOpen,
	scannerEmpty,
	scannerClose,
	scannerText,
	scannerDeclaration,
	scannerRefused,
	scannerNoMemory
} ScannerToken;

enum { scannerPrefixed = 1, scannerLarge = 2, scannerDeclares = 4 };

typedef struct {
	const uint8_t* bytes;
	size_t length;
} ScannerPart;

/* What scanner.ts has as properties. The value of a text lies in the bytes that were given, where `given` says so. */
typedef struct {
	ScannerPart name, value, names, declarations;
	const char* condition;
	uint64_t offset;
	size_t at;
	uint32_t marks;
	int given;
} ScannerTurn;

/* NULL: no memory. */
Scanner* scannerCreate(const ScannerBounds* bounds, ScannerResize resize);
void scannerFree(Scanner* scanner);

/* A new stream. Takes no memory. */
void scannerRestart(Scanner* scanner);

/* Reads on to the end of the next token; what it shows is in *turn, of which a token sets what scanner.ts says. */
ScannerToken scannerScan(Scanner* scanner, const uint8_t* bytes, size_t from, size_t length, int kept, const ScannerTurn** turn);

/* What the token showed is no longer needed. */
void scannerDone(Scanner* scanner);

#endif
