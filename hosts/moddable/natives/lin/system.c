/* What a thing in the Moddable simulator is told by its environment, and a line on standard output. */
#include "xsmc.h"
#include "mc.xs.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define prefix "EXTASIS_"
#define nameLength 32
/* Of a file with trust anchors: as many as TLS takes. */
#define fileBytes 32768

/* The SDK's sockets write to connections that may have ended: without this, that ends the whole simulator. */
__attribute__((constructor)) static void ignoreBrokenPipes(void)
{
	signal(SIGPIPE, SIG_IGN);
}

/* The value of EXTASIS_ and the name; undefined where it is unset or empty. */
void xs_extasis_option(xsMachine* the)
{
	char name[sizeof(prefix) + nameLength] = prefix;
	xsmcToStringBuffer(xsArg(0), name + sizeof(prefix) - 1, nameLength);
	const char* value = getenv(name);
	if (value && *value)
		xsmcSetString(xsResult, (char*)value);
}

void xs_extasis_file(xsMachine* the)
{
	char* path = xsmcToString(xsArg(0));
	FILE* file = fopen(path, "rb");
	if (!file)
		xsUnknownError("%s: %s", path, strerror(errno));
	char* bytes = malloc(fileBytes + 1);
	size_t length = bytes ? fread(bytes, 1, fileBytes + 1, file) : 0;
	int failed = !bytes || ferror(file) || length > fileBytes;
	fclose(file);
	if (!failed)
		xsmcSetArrayBuffer(xsResult, bytes, length);
	free(bytes);
	if (failed)
		xsUnknownError("%s is no file of at most %d bytes", xsmcToString(xsArg(0)), fileBytes);
}

void xs_extasis_print(xsMachine* the)
{
	puts(xsmcToString(xsArg(0)));
	fflush(stdout);
}
