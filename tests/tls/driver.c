/* Runs the TLS module of the chip against servers: over sockets (client) or in this process (memory.c). */
#include "driver.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { mostWords = 32, mostRead = 1 << 20, patience = 30000 };

static char line[4096];
static char* words[mostWords];
static int wordCount;

File fileRead(const char* path)
{
	File file = { NULL, 0 };
	FILE* stream = path ? fopen(path, "rb") : NULL;
	long size;
	if (stream == NULL)
		return file;
	fseek(stream, 0, SEEK_END);
	size = ftell(stream);
	rewind(stream);
	file.bytes = size < 0 ? NULL : malloc((size_t)size + 1);
	if (file.bytes) {
		file.length = fread(file.bytes, 1, (size_t)size, stream);
		file.bytes[file.length] = 0;
	}
	fclose(stream);
	return file;
}

void fileFree(File* file)
{
	free(file->bytes);
	file->bytes = NULL;
}

const char* word(const char* name, const char* otherwise)
{
	size_t length = strlen(name);
	int i;
	for (i = 1; i < wordCount; i++) {
		if (strncmp(words[i], name, length) == 0 && words[i][length] == '=')
			return words[i] + length + 1;
	}
	return otherwise;
}

long number(const char* name, long otherwise)
{
	const char* text = word(name, NULL);
	return text ? strtol(text, NULL, 10) : otherwise;
}

const char* failureName(TLSFailure failure)
{
	static const char* const names[] = { "fine", "unknownCA", "selfSigned", "notCA", "weakKey", "wrongUsage", "wrongName", "notYetValid", "expired",
		"wrongKey", "protocol", "truncated", "memory", "misuse" };
	return names[failure];
}

void reportText(const char* name, const void* given, size_t length)
{
	const uint8_t* bytes = given;
	size_t i;
	printf(",\"%s\":\"", name);
	for (i = 0; i < length; i++) {
		if (bytes[i] < 32 || bytes[i] > 126 || bytes[i] == '"' || bytes[i] == '\\')
			printf("\\u%04x", bytes[i]);
		else
			putchar(bytes[i]);
	}
	putchar('"');
}

void report(TLS* tls)
{
	static const char* const states[] = { "handshake", "open", "closed", "failed" };
	printf("\"state\":\"%s\",\"failure\":\"%s\",\"reason\":\"%s\"", states[tlsState(tls)], failureName(tlsFailure(tls)),
		tlsReason(tlsFailure(tls)));
	printf(",\"detail\":\"%s\",\"resumed\":%d,\"alpn\":%d,\"sessions\":%u,\"version\":\"%s\"", tlsDetail(tls), tlsResumed(tls),
		tlsALPN(tls), tlsSessions(tls), tlsVersion(tls) ? tlsVersion(tls) : "");
}

TLSTrust* trustOfWords(void)
{
	TLSFailure failure;
	File anchors = fileRead(word("anchors", NULL)), certificate = fileRead(word("certificate", NULL)), key = fileRead(word("key", NULL));
	TLSTrust* trust;
	heapCount(1);
	trust = tlsTrustCreate(anchors.bytes, anchors.length, certificate.bytes, certificate.length, key.bytes, key.length, &failure);
	heapCount(0);
	fileFree(&anchors);
	fileFree(&certificate);
	fileFree(&key);
	if (trust == NULL)
		printf("{\"state\":\"refused\",\"failure\":\"%s\",\"heapLeft\":%zu}\n", failureName(failure), heapLeft());
	return trust;
}

static int dial(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)number("port", 0)) };
	int one = 1, descriptor = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (descriptor < 0)
		return -1;
	setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(descriptor, (struct sockaddr*)&address, sizeof(address)) != 0) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

/* 1 when there are bytes or an end, 0 when nothing comes. */
static int wait(int descriptor)
{
	struct pollfd poller = { .fd = descriptor, .events = POLLIN };
	return poll(&poller, 1, (int)number("patience", patience)) > 0;
}

/* RFC 6120 5.4.2, without the XML around it. */
static int startTLS(int descriptor)
{
	char text[64];
	size_t length = 0;
	if (send(descriptor, "<starttls/>", 11, MSG_NOSIGNAL) != 11)
		return 0;
	while (length < sizeof(text) - 1 && wait(descriptor) && recv(descriptor, text + length, 1, 0) == 1) {
		text[++length] = 0;
		if (strcmp(text, "<proceed/>") == 0)
			return 1;
	}
	return 0;
}

static char bindings[3 * (2 * tlsBindingBytes + 40)];

static void noteBindings(TLS* tls)
{
	static const char* const types[] = { "tls-server-end-point", "tls-unique", "tls-exporter" };
	uint8_t bytes[tlsBindingBytes];
	char* text = bindings;
	size_t i, j, length;
	for (i = 0; i < 3; i++) {
		length = tlsChannelBinding(tls, types[i], bytes, sizeof(bytes));
		text += sprintf(text, ",\"%s\":\"", types[i]);
		for (j = 0; j < length; j++)
			text += sprintf(text, "%02x", bytes[j]);
		*text++ = '"';
		*text = 0;
	}
}

static void drain(TLS* tls, int descriptor)
{
	uint8_t bytes[1536];
	for (;;) {
		size_t count = tlsSend(tls, bytes, (size_t)number("sends", sizeof(bytes)));
		if (count == 0 || send(descriptor, bytes, count, MSG_NOSIGNAL) != (ssize_t)count)
			return;
	}
}

static uint8_t clear[mostRead];
static size_t clearLength;

static void readAll(TLS* tls)
{
	size_t count;
	while (clearLength < sizeof(clear) && (count = tlsRead(tls, clear + clearLength, sizeof(clear) - clearLength)) > 0)
		clearLength += count;
}

static uint8_t session[tlsSessionBytes];
static size_t sessionLength;

/* The newest there is, every time there is one. */
static void keepSession(TLS* tls, unsigned* seen)
{
	size_t length;
	if (tlsSessions(tls) == *seen)
		return;
	*seen = tlsSessions(tls);
	length = tlsSession(tls, session, sizeof(session));
	if (length > 0)
		sessionLength = length;
}

static void saveSession(const char* path)
{
	FILE* stream = path && sessionLength > 0 ? fopen(path, "wb") : NULL;
	printf(",\"session\":%zu", sessionLength);
	if (stream) {
		fwrite(session, 1, sessionLength, stream);
		fclose(stream);
	}
}

/*
	client port= name= anchors= [now= alpn= certificate= key= session= save= starttls=1 write=TEXT repeat=N read=BYTES drip=1 sends=N]
	writes TEXT (N times) as soon as the module takes it, ends when BYTES were read, else when the server ends it
*/
static void commandClient(void)
{
	TLSTrust* trust = trustOfWords();
	TLSOptions options = { .serverName = word("name", "a.test"), .alpn = word("alpn", NULL), .now = number("now", (long)time(NULL)) };
	File offered = fileRead(word("session", NULL));
	TLSFailure failure;
	TLS* tls = NULL;
	const char* text = word("write", "");
	size_t textLength = strlen(text), written = 0, total = textLength * (size_t)number("repeat", 1), wanted = (size_t)number("read", mostRead);
	int descriptor = -1, ended = 0, late = 0;
	size_t trustHeap = heap.now, restHeap = 0, received = 0;
	unsigned seen = 0;
	if (trust == NULL) {
		fileFree(&offered);
		return;
	}
	clearLength = sessionLength = 0;
	bindings[0] = 0;
	descriptor = dial();
	if (descriptor < 0 || (number("starttls", 0) && !startTLS(descriptor))) {
		printf("{\"state\":\"unconnected\"}\n");
		goto done;
	}
	options.session = offered.bytes;
	options.sessionLength = offered.length;
	heap.most = heap.now;
	heapCount(1);
	tls = tlsCreate(trust, &options, &failure);
	/* Its connections keep it. */
	tlsTrustRelease(trust);
	trust = NULL;
	if (tls == NULL) {
		printf("{\"state\":\"refused\",\"failure\":\"%s\",\"heapLeft\":%zu}\n", failureName(failure), heapLeft());
		goto done;
	}
	while (tlsState(tls) == tlsHandshake || tlsState(tls) == tlsOpen) {
		uint8_t bytes[4096];
		size_t taken = 0;
		ssize_t count;
		if (tlsState(tls) == tlsOpen && restHeap == 0) {
			restHeap = heap.now;
			noteBindings(tls);
		}
		keepSession(tls, &seen);
		while (written < total) {
			size_t at = written % textLength;
			size_t once = tlsWrite(tls, text + at, textLength - at);
			written += once;
			drain(tls, descriptor);
			if (once == 0)
				break;
		}
		drain(tls, descriptor);
		if (tlsState(tls) == tlsOpen && clearLength >= wanted && written == total) {
			tlsClose(tls);
			break;
		}
		if (!wait(descriptor)) {
			late = 1;
			break;
		}
		count = recv(descriptor, bytes, number("drip", 0) ? 1 : sizeof(bytes), 0);
		if (count <= 0) {
			ended = 1;
			tlsEnd(tls);
		}
		else {
			received += (size_t)count;
			while (taken < (size_t)count) {
				taken += tlsReceive(tls, bytes + taken, (size_t)count - taken);
				readAll(tls);
				drain(tls, descriptor);
			}
		}
		readAll(tls);
		if (ended)
			break;
	}
	heapCount(0);
	drain(tls, descriptor);
	putchar('{');
	report(tls);
	saveSession(word("save", NULL));
	fputs(bindings, stdout);
	reportText("read", clear, clearLength < 256 ? clearLength : 256);
	printf(",\"readBytes\":%zu,\"written\":%zu,\"received\":%zu,\"ended\":%d,\"late\":%d", clearLength, written, received, ended, late);
	tlsFree(tls);
	printf(",\"heapTrust\":%zu,\"heapRest\":%zu,\"heapPeak\":%zu,\"heapLeft\":%zu}\n", trustHeap, restHeap, heap.most, heapLeft());
done:
	heapCount(0);
	if (trust)
		tlsTrustRelease(trust);
	if (descriptor >= 0)
		close(descriptor);
	fileFree(&offered);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
#if mbedTLS4
	if (psa_crypto_init() != PSA_SUCCESS)
		return 1;
#endif
	while (fgets(line, sizeof(line), stdin)) {
		char* next = strtok(line, " \n");
		for (wordCount = 0; next && wordCount < mostWords; next = strtok(NULL, " \n"))
			words[wordCount++] = next;
		if (wordCount == 0)
			continue;
		heapLeft();
		memset(&heap, 0, sizeof(heap));
		if (strcmp(words[0], "client") == 0)
			commandClient();
		else if (strcmp(words[0], "memory") == 0)
			commandMemory();
		else if (strcmp(words[0], "cut") == 0)
			commandCut();
		else if (strcmp(words[0], "fuzz") == 0)
			commandFuzz();
		else if (strcmp(words[0], "starve") == 0)
			commandStarve();
		else if (strcmp(words[0], "library") == 0)
			printf("{\"version\":\"%u\"}\n", (unsigned)MBEDTLS_VERSION_NUMBER >> 24);
		else
			printf("{\"state\":\"unknown command\"}\n");
		fflush(stdout);
	}
#if mbedTLS4
	mbedtls_psa_crypto_free();
#endif
	return 0;
}
