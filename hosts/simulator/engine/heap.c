/* The heap: one static block, handed out as on the chip; and what it came to. */
#include "simulator.h"

static struct {
	uint64_t collections;
	uint64_t phaseCollections;
	uint64_t instructions;
	uint64_t phaseInstructions;
	double phaseProcessor;
	uint16_t seenCollections;
	ptrdiff_t least;
} figures = { .least = PTRDIFF_MAX };

void fxCreateMachinePlatform(txMachine* the)
{
	(void)the;
}

void fxDeleteMachinePlatform(txMachine* the)
{
	(void)the;
}

static void seeFree(txMachine* the)
{
	ptrdiff_t free = the->heapSlots - the->heapChunks;
	if (figures.least > free)
		figures.least = free;
}

/* The first allocation of a clone is its chunks: its context holds the block. */
static void takeBlock(txMachine* the)
{
	uint8_t** block = the->context;
	if (the->stack || the->heap || !block)
		return;
	the->heap = the->heapChunks = block[0];
	the->heapSlots = block[1];
}

void* fxAllocateChunks(txMachine* the, txSize size)
{
	txBlock* block = the->firstBlock;
	void* result;
	txSize growth = size;
	takeBlock(the);
	if (!the->heap)
		return c_malloc(size);
	if (block)	/* there is one block and it grows: what is free at its end counts */
		growth -= (txSize)sizeof(txBlock) + (txSize)(block->limit - block->current);
	if (growth > the->heapSlots - the->heapChunks)
		return NULL;
	result = the->heapChunks;
	the->heapChunks += growth;
	if (block) {	/* the caller adds `size` to both */
		block->limit = (txByte*)the->heapChunks - size;
		the->maximumChunksSize += growth - (size - (txSize)sizeof(txBlock));
		result = block->limit;
	}
	seeFree(the);
	return result;
}

static txSlot* takeSlots(txMachine* the, txSize size)
{
	if (size > the->heapSlots - the->heapChunks)
		return NULL;
	the->heapSlots -= size;
	seeFree(the);
	return (txSlot*)the->heapSlots;
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	txSize size = count * (txSize)sizeof(txSlot);
	txBlock* block = the->firstBlock;
	txSlot* slots;
	if (!the->heap)
		return c_malloc(size);
#if XS_MAJOR_VERSION >= 16
	the->growHeapDirection = -1;
#endif
	slots = takeSlots(the, size);
	if (slots || !block)
		return slots;
	fxCollect(the, XS_COMPACT_FLAG | XS_ORGANIC_FLAG);	/* what chunks free at their end can become slots */
	the->maximumChunksSize -= (txSize)(block->limit - block->current);
	the->heapChunks = (uint8_t*)block->current;
	block->limit = block->current;
	return takeSlots(the, size);
}

void fxFreeChunks(txMachine* the, void* chunks)
{
	if (!the->heap)
		c_free(chunks);
}

void fxFreeSlots(txMachine* the, void* slots)
{
	if (!the->heap)
		c_free(slots);
}

static double processor(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* The engine counts collections in 16 bits, and instructions in 32. */
void heapSettle(txMachine* the)
{
	uint16_t count = the->garbageCollectionCount;
	figures.collections += (uint16_t)(count - figures.seenCollections);
	figures.seenCollections = count;
#ifdef mxMetering
	figures.instructions += the->meterIndex;
	the->meterIndex = 0;
#endif
}

/* JSON, bytes unless named otherwise; peaks, collections and processor milliseconds are this phase's, `free` is the least ever. */
int heapWrite(txMachine* the, char* buffer)
{
	heapSettle(the);
	if (the->stackPeak > the->stack)	/* the engine looks when a function returns */
		the->stackPeak = the->stack;
	return snprintf(buffer, figuresSize,
		"{\"slots\":%ld,\"slotsPeak\":%ld,\"chunks\":%ld,\"chunksPeak\":%ld,\"stackPeak\":%ld,\"free\":%ld,\"keys\":%d,"
		"\"collections\":%llu,\"milliseconds\":%.1f,\"instructions\":%llu}",
		(long)(the->currentHeapCount * sizeof(txSlot)), (long)(the->peakHeapCount * sizeof(txSlot)),
		(long)the->currentChunksSize, (long)the->peakChunksSize,
		(long)((the->stackTop - the->stackPeak) * sizeof(txSlot)), the->heap ? (long)figures.least : -1L,
		(int)(the->keyIndex - the->keyOffset), (unsigned long long)(figures.collections - figures.phaseCollections),
		processor() - figures.phaseProcessor, (unsigned long long)(figures.instructions - figures.phaseInstructions));
}

void heapFreshPhase(txMachine* the)
{
	heapSettle(the);
	figures.phaseCollections = figures.collections;
	figures.phaseProcessor = processor();
	the->peakHeapCount = the->currentHeapCount;
	the->peakChunksSize = the->currentChunksSize;
	the->stackPeak = the->stack;
	figures.phaseInstructions = figures.instructions;
}
