/* Counts the heap by taking the place of malloc and its kin at link time (-Wl,--wrap=malloc …); the library is linked statically. */
#include "driver.h"

#include <stdlib.h>
#include <string.h>

void* __real_malloc(size_t size);
void __real_free(void* pointer);
void* __wrap_malloc(size_t size);
void* __wrap_calloc(size_t count, size_t size);
void* __wrap_realloc(void* pointer, size_t size);
void __wrap_free(void* pointer);

typedef struct {
	size_t size;
	size_t counted;
} Head;
_Static_assert(sizeof(Head) == 16, "what follows must stay aligned");

Heap heap;
static int counting;
static size_t failing;

void heapCount(int on)
{
	counting = on;
}

void heapFail(size_t call)
{
	failing = call == 0 ? 0 : heap.calls + call;
}

size_t heapLeft(void)
{
#if mbedTLS4
	/* What PSA keeps for all connections is not theirs. */
	mbedtls_psa_crypto_free();
	if (psa_crypto_init() != PSA_SUCCESS)
		abort();
#endif
	return heap.now;
}

void* __wrap_malloc(size_t size)
{
	Head* head;
	if (counting && ++heap.calls == failing)
		return NULL;
	head = size > SIZE_MAX - sizeof(Head) ? NULL : __real_malloc(size + sizeof(Head));
	if (head == NULL)
		return NULL;
	head->size = size;
	head->counted = (size_t)counting;
	if (counting) {
		heap.blocks++;
		heap.now += size;
		if (heap.now > heap.most)
			heap.most = heap.now;
	}
	return head + 1;
}

void* __wrap_calloc(size_t count, size_t size)
{
	void* result = size && count > SIZE_MAX / size ? NULL : __wrap_malloc(count * size);
	return result ? memset(result, 0, count * size) : NULL;
}

void __wrap_free(void* pointer)
{
	Head* head = pointer;
	if (head == NULL)
		return;
	head--;
	if (head->counted) {
		heap.blocks--;
		heap.now -= head->size;
	}
	__real_free(head);
}

void* __wrap_realloc(void* pointer, size_t size)
{
	void* result = __wrap_malloc(size);
	if (result && pointer) {
		size_t old = ((Head*)pointer)[-1].size;
		memcpy(result, pointer, old < size ? old : size);
		__wrap_free(pointer);
	}
	return result;
}
