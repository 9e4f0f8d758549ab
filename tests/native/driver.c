/* Feeds documents to hosts/native/scanner.c and prints the lines of tests/support/scanner-run.ts; each piece lies in a block of its own, so that a tool sees what is read beside it. */
#include "scanner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t calls, failing, blocks;

/* The call of the number `failing` finds no memory, once. */
static void* resize(void* bytes, size_t size)
{
	void* result;
	if (size == 0) {
		blocks -= bytes != NULL;
		free(bytes);
		return NULL;
	}
	if (++calls == failing)
		return NULL;
	/* Moved each time: who keeps an old pointer is found out. */
	result = malloc(size);
	if (result == NULL)
		abort();
	blocks += bytes == NULL;
	if (bytes) {
		extern size_t sizeOfBlock(const void* bytes);
		size_t old = sizeOfBlock(bytes);
		memcpy(result, bytes, old < size ? old : size);
		free(bytes);
	}
	return result;
}

#include <malloc.h>
size_t sizeOfBlock(const void* bytes)
{
	return malloc_usable_size((void*)bytes);
}

static const ScannerBounds bounds[] = {
	{ 4096, 1048576, 32, 32, 128, 3071, 256, 256, 256, 256, 2048 },
	{ 40, 120, 3, 2, 6, 12, 8, 5, 4, 20, 48 },
	{ 90, 1048576, 32, 5, 9, 30, 30, 256, 256, 40, 110 }
};

static uint32_t next(uint32_t state)
{
	return state * 1664525u + 1013904223u;
}

static void show(const uint8_t* bytes, size_t length)
{
	size_t n;
	for (n = 0; n < length; n++) {
		if (bytes[n] < 0x20 || bytes[n] == '|')
			printf("{%d}", bytes[n]);
		else
			putchar(bytes[n]);
	}
}

static void showPart(const ScannerPart* part)
{
	putchar('|');
	show(part->bytes, part->length);
}

typedef struct {
	uint32_t length, most, seed, keep, bounds;
} Head;

static struct {
	uint8_t* bytes;
	size_t length, room;
} text;

static void addText(const ScannerPart* part)
{
	if (text.length + part->length > text.room) {
		text.room = (text.length + part->length) * 2;
		text.bytes = realloc(text.bytes, text.room);
		if (text.bytes == NULL)
			abort();
	}
	memcpy(text.bytes + text.length, part->bytes, part->length);
	text.length += part->length;
}

static void endText(void)
{
	if (text.length > 0) {
		printf("text|%zu|", text.length);
		show(text.bytes, text.length);
		putchar('\n');
	}
	text.length = 0;
}

/* 0 when it was refused, or there was no memory. */
static int scanPiece(Scanner* scanner, const uint8_t* bytes, size_t length, size_t start, const Head* head, uint32_t* tokens, int quiet)
{
	static const char* const names[] = { "none", "open", "empty", "close", "text", "declaration" };
	size_t at = 0;
	for (;;) {
		const ScannerTurn* turn;
		int kept = head->keep == 2 ? (next(head->seed + *tokens) & 0x10000) != 0 : head->keep == 1;
		ScannerToken token = scannerScan(scanner, bytes, at, length, kept, &turn);
		if (token == scannerNoMemory)
			return 0;
		at = turn->at;
		if (token == scannerNone && at != length) {
			printf("left %zu\n", length - at);
			return 0;
		}
		if (token == scannerText) {
			addText(&turn->value);
			scannerDone(scanner);
			continue;
		}
		if (token == scannerRefused) {
			text.length = 0;
			if (!quiet)
				printf("refused|%s|%llu\n", turn->condition, (unsigned long long)turn->offset);
			return 0;
		}
		if (token == scannerNone)
			break;
		if (quiet)
			text.length = 0;
		endText();
		++*tokens;
		if (!quiet) {
			printf("%s|%zu", names[token], start + at);
			if (token == scannerOpen || token == scannerEmpty) {
				showPart(&turn->name);
				showPart(&turn->value);
				showPart(&turn->names);
				showPart(&turn->declarations);
				printf("|%u|%llu", (unsigned)turn->marks, (unsigned long long)turn->offset);
			}
			else if (token == scannerClose)
				printf("|%u", (unsigned)turn->marks);
			putchar('\n');
		}
		scannerDone(scanner);
	}
	return 1;
}

static int scanAll(Scanner* scanner, const uint8_t* document, const Head* head, int quiet)
{
	uint32_t state = head->seed;
	uint32_t tokens = 0;
	size_t start = 0;
	int going = 1;	/* neither refused nor without memory */
	scannerRestart(scanner);
	text.length = 0;
	while (going && start < head->length) {
		size_t count = head->length - start;
		uint8_t* piece;
		state = next(state);
		if (head->most > 0) {
			size_t some = 1 + (state >> 16) % head->most;
			count = some < count ? some : count;
		}
		piece = malloc(count);
		if (piece == NULL)
			abort();
		memcpy(piece, document + start, count);
		going = scanPiece(scanner, piece, count, start, head, &tokens, quiet);
		free(piece);
		start += count;
	}
	if (quiet)
		text.length = 0;
	endText();
	if (!going) {	/* neither is it when it is asked again */
		const ScannerTurn* turn;
		ScannerToken token = scannerScan(scanner, (const uint8_t*)"<a/>", 0, 4, 1, &turn);
		if (token != scannerRefused && token != scannerNoMemory)
			puts("it goes on");
	}
	return going;
}

/* Each of its allocations fails in turn; afterwards a new stream is read as if nothing had been. */
static void starve(const uint8_t* document, const Head* head)
{
	size_t count;
	for (count = 1;; count++) {
		Scanner* scanner;
		calls = 0;
		failing = count;
		scanner = scannerCreate(&bounds[head->bounds], resize);
		if (scanner) {
			scanAll(scanner, document, head, 1);
			failing = 0;
			scanAll(scanner, document, head, 1);
			scannerFree(scanner);
		}
		failing = 0;
		if (blocks > 0)
			printf("%zu blocks are left\n", blocks);
		if (calls < count)
			break;
	}
}

/* With "starve" memory fails, too. Documents come on standard input, each behind a Head. */
int main(int count, char** words)
{
	Head head;
	(void)words;
	while (fread(&head, sizeof(head), 1, stdin) == 1) {
		uint8_t* document = malloc(head.length + 1);
		Scanner* scanner;
		if (document == NULL || head.bounds >= sizeof(bounds) / sizeof(bounds[0]) || fread(document, 1, head.length, stdin) != head.length)
			return 2;
		scanner = scannerCreate(&bounds[head.bounds], resize);
		scanAll(scanner, document, &head, 0);
		scannerFree(scanner);
		puts("end");
		if (count > 1)
			starve(document, &head);
		free(document);
	}
	free(text.bytes);
	return blocks == 0 ? 0 : 3;
}
