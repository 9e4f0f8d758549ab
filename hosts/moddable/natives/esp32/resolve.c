/* IPv4 addresses of names for resolve.ts, by lwIP. The SDK's net module would bring Wi-Fi into an image that has none. */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <string.h>

#include "lwip/dns.h"
#include "lwip/tcpip.h"

typedef struct {
	xsMachine* the;
	xsSlot callback;
	ip_addr_t address;
	uint8_t found;
	char name[DNS_MAX_NAME_LENGTH];
} Question;

/* In the machine's task. */
static void deliver(void* machine, void* data, uint8_t* message, uint16_t length)
{
	Question* question = data;
	xsBeginHost(question->the);
	{
		char text[IPADDR_STRLEN_MAX];
		if (question->found && ipaddr_ntoa_r(&question->address, text, sizeof(text)))
			xsCallFunction1(question->callback, xsGlobal, xsString(text));
		else
			xsCallFunction1(question->callback, xsGlobal, xsUndefined);
		xsForget(question->callback);
	}
	xsEndHost(question->the);
	c_free(question);
}

/* In lwIP's task, as ask. */
static void onAnswer(const char* name, const ip_addr_t* address, void* data)
{
	Question* question = data;
	if (address) {
		question->address = *address;
		question->found = 1;
	}
	modMessagePostToMachine(question->the, NULL, 0, deliver, question);
}

static void ask(void* data)
{
	Question* question = data;
	err_t error = dns_gethostbyname_addrtype(question->name, &question->address, onAnswer, question, LWIP_DNS_ADDRTYPE_IPV4);
	if (error == ERR_INPROGRESS)
		return;
	question->found = error == ERR_OK;
	modMessagePostToMachine(question->the, NULL, 0, deliver, question);
}

void xs_extasis_resolve(xsMachine* the)
{
	Question* question = c_calloc(1, sizeof(Question));
	if (!question)
		xsUnknownError("no memory for a question");
	c_strncpy(question->name, xsmcToString(xsArg(0)), sizeof(question->name) - 1);
	question->the = the;
	question->callback = xsArg(1);
	xsRemember(question->callback);
	if (tcpip_callback(ask, question) != ERR_OK) {
		xsForget(question->callback);
		c_free(question);
		xsUnknownError("too many questions");
	}
}
