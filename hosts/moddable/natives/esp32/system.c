/* A line on the chip's console, why the chip started, the system's free heap, and what feeds its random numbers. */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <stdio.h>

#include "bootloader_random.h"
#include "esp_heap_caps.h"
#include "esp_system.h"

void xs_extasis_print(xsMachine* the)
{
#ifdef mxDebug
	/* The console is xsbug's. */
	xsTrace(xsmcToString(xsArg(0)));
	xsTrace("\n");
#else
	puts(xsmcToString(xsArg(0)));
#endif
}

/* A number of esp_reset_reason_t. */
void xs_extasis_resetReason(xsMachine* the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)esp_reset_reason());
}

void xs_extasis_restart(xsMachine* the)
{
	esp_restart();
}

/* Bytes outside XS that are free now, and that were free when fewest were. */
void xs_extasis_freeHeap(xsMachine* the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)heap_caps_get_free_size(MALLOC_CAP_DEFAULT));
}

void xs_extasis_leastHeap(xsMachine* the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)heap_caps_get_minimum_free_size(MALLOC_CAP_DEFAULT));
}

/* Without a radio nothing else feeds the chip's generator (ESP-IDF, "Random Number Generation"). It takes the ADC for good. */
void xs_extasis_feedRandom(xsMachine* the)
{
	bootloader_random_enable();
}
