/* The system's name servers for names.ts (resolv.conf(5)): those with an IPv4 address, which is all that the SDK's sockets reach. */
#include "xsmc.h"
#include "mc.xs.h"

#include <arpa/inet.h>
#include <stdio.h>

/* As the system's own resolver looks at. */
#define serversMost 3

void xs_extasis_nameServers(xsMachine* the)
{
	char line[256], word[64], address[INET_ADDRSTRLEN];
	struct in_addr number;
	xsIntegerValue count = 0;
	int named = 0;
	FILE* file = fopen("/etc/resolv.conf", "re");
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	while (file && count < serversMost && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "nameserver %63s", word) != 1)
			continue;
		named = 1;
		if (inet_pton(AF_INET, word, &number) != 1)
			continue;
		inet_ntop(AF_INET, &number, address, sizeof(address));
		xsmcSetString(xsVar(0), address);
		xsmcSetIndex(xsResult, count++, xsVar(0));
	}
	if (file)
		fclose(file);
	if (!named) {
		xsmcSetString(xsVar(0), "127.0.0.1");
		xsmcSetIndex(xsResult, 0, xsVar(0));
	}
}
