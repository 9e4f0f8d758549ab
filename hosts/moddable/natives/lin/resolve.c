/* IPv4 addresses of names for resolve.ts, by the system's resolver. The SDK's own gives nothing where IPv6 comes first. */
#include "xsmc.h"
#include "mc.xs.h"

#include <gio/gio.h>
#include <stdlib.h>

typedef struct {
	xsMachine* the;
	xsSlot callback;
} Question;

static void onAnswer(GObject* resolver, GAsyncResult* result, gpointer data)
{
	Question* question = data;
	GList* addresses = g_resolver_lookup_by_name_with_flags_finish(G_RESOLVER(resolver), result, NULL);
	char* text = addresses ? g_inet_address_to_string(addresses->data) : NULL;
	if (addresses)
		g_resolver_free_addresses(addresses);
	xsBeginHost(question->the);
	{
		if (text)
			xsCallFunction1(question->callback, xsGlobal, xsString(text));
		else
			xsCallFunction1(question->callback, xsGlobal, xsUndefined);
		xsForget(question->callback);
	}
	xsEndHost(question->the);
	g_free(text);
	free(question);
}

void xs_extasis_resolve(xsMachine* the)
{
	Question* question = malloc(sizeof(Question));
	if (!question)
		xsUnknownError("no memory for a question");
	question->the = the;
	question->callback = xsArg(1);
	xsRemember(question->callback);
	g_resolver_lookup_by_name_with_flags_async(g_resolver_get_default(), xsmcToString(xsArg(0)), G_RESOLVER_NAME_LOOKUP_FLAGS_IPV4_ONLY,
		NULL, onAnswer, question);
}
