/* The time from the network, by lwIP's SNTP client: asked for once an hour, as long as the chip runs. */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include "esp_sntp.h"

#define nameBytes 64

/* SNTP keeps a pointer to it. */
static char server[nameBytes];
static volatile uint8_t synced = 0;

/* In lwIP's task; the system's clock is set already. */
static void onTime(struct timeval* time)
{
	(void)time;
	synced = 1;
}

void xs_extasis_sntp_start(xsMachine* the)
{
	if (esp_sntp_enabled())
		return;
	xsmcToStringBuffer(xsArg(0), server, sizeof(server));
	esp_sntp_setoperatingmode(ESP_SNTP_OPMODE_POLL);
	esp_sntp_setservername(0, server);
	sntp_set_time_sync_notification_cb(onTime);
	esp_sntp_init();
}

/* Whether an answer came since the chip started. */
void xs_extasis_sntp_synced(xsMachine* the)
{
	xsmcSetBoolean(xsResult, synced);
}
