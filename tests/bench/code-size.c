/* Prints the bytes of byte code that XS makes of each module named: what the chip holds in flash for it. */
#include "xsScript.h"

static int next(void* stream)
{
	return getc((FILE*)stream);
}

/* What XS asks of its host. */
void fxVReportError(void* console, txString path, txInteger line, txString format, va_list arguments)
{
	(void)console;
	fprintf(stderr, "%s:%d: ", path ? path : "?", (int)line);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

void fxVReportWarning(void* console, txString path, txInteger line, txString format, va_list arguments)
{
	fxVReportError(console, path, line, format, arguments);
}

txID fxGenerateProfileID(void* console)
{
	(void)console;
	return 0;
}

void fxGenerateTag(void* console, txString buffer, txInteger size, txString path)
{
	(void)console;
	snprintf(buffer, size, "%s", path ? path : "");
}

int main(int count, char** names)
{
	for (int n = 1; n < count; n++) {
		txParser parser;
		txParserJump jump;
		txScript* script = NULL;
		FILE* file = fopen(names[n], "r");
		if (!file) {
			perror(names[n]);
			return 1;
		}
		fxInitializeParser(&parser, NULL, 64 * 1024, 1993);
		parser.firstJump = &jump;
		if (setjmp(jump.jmp_buf) == 0) {
			fxParserTree(&parser, file, next, 0, NULL);
			fxParserHoist(&parser);
			fxParserBind(&parser);
			script = fxParserCode(&parser);
		}
		fclose(file);
		if (!script) {
			fprintf(stderr, "%s: no module that XS takes\n", names[n]);
			return 1;
		}
		printf("%d %s\n", (int)script->codeSize, names[n]);
		fxTerminateParser(&parser);
	}
	return 0;
}
