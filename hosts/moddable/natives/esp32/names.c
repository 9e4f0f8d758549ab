/* The name servers that DHCP named, for names.ts: those with an IPv4 address, which is all that the SDK's sockets reach. */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include "lwip/dns.h"

void xs_extasis_nameServers(xsMachine* the)
{
	xsIntegerValue count = 0;
	int i;
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	for (i = 0; i < DNS_MAX_SERVERS; i++) {
		char text[IPADDR_STRLEN_MAX];
		/* A copy: lwIP's task may write there. */
		ip_addr_t server = *dns_getserver(i);
		if (!IP_IS_V4(&server) || ip_addr_isany(&server) || !ipaddr_ntoa_r(&server, text, sizeof(text)))
			continue;
		xsmcSetString(xsVar(0), text);
		xsmcSetIndex(xsResult, count++, xsVar(0));
	}
}
