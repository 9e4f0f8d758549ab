/* A server of mbedTLS in this process. Its bytes reach the module cut into other records, changed, cut off or a few at a time. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { pipeBytes = 1 << 17, mostTurns = 200000 };

static const char fromServer[] = "from the server", fromClient[] = "from the client";

typedef struct {
	uint8_t bytes[pipeBytes];
	size_t length, taken;
} Pipe;

static struct {
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;
	mbedtls_x509_crt chain;
	mbedtls_pk_context key;
#if !mbedTLS4
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
#endif
	int ready;	/* the files are parsed */
	int done;	/* its handshake */
	int said;
	int dead;
} server;
/* What the server wrote; the same as it reaches the client; what the client wrote. */
static Pipe written, arriving, leaving;
static uint8_t serverRead[256], clientRead[256];
static size_t serverReadLength, clientReadLength;

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return below ? seed % below : 0;
}

static int serverGive(void* context, const unsigned char* bytes, size_t length)
{
	Pipe* pipe = context;
	if (length > sizeof(pipe->bytes) - pipe->length)
		return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
	memcpy(pipe->bytes + pipe->length, bytes, length);
	pipe->length += length;
	return (int)length;
}

static int serverTake(void* context, unsigned char* bytes, size_t size)
{
	(void)context;
	size_t count = leaving.length - leaving.taken;
	if (count > size)
		count = size;
	if (count == 0)
		return MBEDTLS_ERR_SSL_WANT_READ;
	memcpy(bytes, leaving.bytes + leaving.taken, count);
	leaving.taken += count;
	return (int)count;
}

/* Its certificate and its key, which need not belong together: the library's server does not look. */
static int serverFiles(void)
{
	File certificate = fileRead(word("servercert", NULL)), key = fileRead(word("serverkey", NULL));
	int code = -1;
	mbedtls_x509_crt_init(&server.chain);
	mbedtls_pk_init(&server.key);
	if (certificate.bytes && key.bytes) {
		code = mbedtls_x509_crt_parse(&server.chain, certificate.bytes, certificate.length + 1);
		if (code == 0)
			code = mbedtls_pk_parse_key(&server.key, key.bytes, key.length + 1, NULL, 0);
	}
#if mbedTLS4
	if (code == 0)
		code = (int)psa_crypto_init();
#else
	mbedtls_entropy_init(&server.entropy);
	mbedtls_ctr_drbg_init(&server.random);
	if (code == 0)
		code = mbedtls_ctr_drbg_seed(&server.random, mbedtls_entropy_func, &server.entropy, NULL, 0);
#endif
	fileFree(&certificate);
	fileFree(&key);
	server.ready = code == 0;
	if (code != 0)
		printf("{\"state\":\"no server\",\"code\":%d}\n", code);
	return code == 0;
}

static void serverFilesFree(void)
{
	mbedtls_x509_crt_free(&server.chain);
	mbedtls_pk_free(&server.key);
#if !mbedTLS4
	mbedtls_ctr_drbg_free(&server.random);
	mbedtls_entropy_free(&server.entropy);
#endif
}

static int serverOpen(void)
{
	int code;
	server.done = server.said = server.dead = 0;
	serverReadLength = clientReadLength = 0;
	written.length = written.taken = arriving.length = arriving.taken = leaving.length = leaving.taken = 0;
	mbedtls_ssl_config_init(&server.config);
	mbedtls_ssl_init(&server.ssl);
	code = mbedtls_ssl_config_defaults(&server.config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
	if (code == 0)
		code = mbedtls_ssl_conf_own_cert(&server.config, &server.chain, &server.key);
#if mbedTLS4
	if (number("twelve", 0))
		mbedtls_ssl_conf_max_tls_version(&server.config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
	mbedtls_ssl_conf_rng(&server.config, mbedtls_ctr_drbg_random, &server.random);
#endif
	if (code == 0)
		code = mbedtls_ssl_setup(&server.ssl, &server.config);
	mbedtls_ssl_set_bio(&server.ssl, &written, serverGive, serverTake, NULL);
	return code;
}

static void serverClose(void)
{
	mbedtls_ssl_free(&server.ssl);
	mbedtls_ssl_config_free(&server.config);
}

static void serverTurn(void)
{
	int code;
	if (server.dead)
		return;
	if (!server.done) {
		code = mbedtls_ssl_handshake(&server.ssl);
		if (code == 0)
			server.done = 1;
		else if (code != MBEDTLS_ERR_SSL_WANT_READ)
			server.dead = 1;
		if (code != 0)
			return;
	}
	if (!server.said && mbedtls_ssl_write(&server.ssl, (const uint8_t*)fromServer, sizeof(fromServer) - 1) > 0)
		server.said = 1;
	code = mbedtls_ssl_read(&server.ssl, serverRead + serverReadLength, sizeof(serverRead) - serverReadLength);
	if (code > 0)
		serverReadLength += (size_t)code;
	else if (code != MBEDTLS_ERR_SSL_WANT_READ && code != MBEDTLS_ERR_SSL_WANT_WRITE)
		server.dead = 1;
}

static void arrive(const uint8_t* bytes, size_t length)
{
	if (length > sizeof(arriving.bytes) - arriving.length)
		length = sizeof(arriving.bytes) - arriving.length;
	memcpy(arriving.bytes + arriving.length, bytes, length);
	arriving.length += length;
}

/* Handshake records of `size` bytes instead of the server's own, as long as they are clear. */
static void arriveInRecords(size_t size)
{
	static int encrypted;
	if (written.taken == 0)
		encrypted = 0;
	while (written.length - written.taken >= 5) {
		const uint8_t* record = written.bytes + written.taken;
		size_t length = ((size_t)record[3] << 8) | record[4], at;
		if (written.length - written.taken < 5 + length)
			return;
		if (record[0] == 20)
			encrypted = 1;
		if (record[0] != 22 || encrypted)
			arrive(record, 5 + length);
		else {
			for (at = 0; at < length; at += size) {
				size_t count = length - at < size ? length - at : size;
				uint8_t head[5] = { record[0], record[1], record[2], (uint8_t)(count >> 8), (uint8_t)count };
				arrive(head, 5);
				arrive(record + 5 + at, count);
			}
		}
		written.taken += 5 + length;
	}
}

typedef struct {
	size_t cut;	/* the server's bytes end here */
	size_t change;	/* a byte near this one is changed */
	size_t records;	/* of this size */
	size_t chunk;	/* bytes at a time, to the client and from it; 0: as they come */
} Harm;

static const Harm unharmed = { SIZE_MAX, SIZE_MAX, 0, 0 };

/* What becomes of the server's stream at `change`. */
static size_t changeBytes(uint8_t* bytes, size_t length)
{
	uint8_t noise[16];
	size_t count = 1 + draw(sizeof(noise)), i;
	for (i = 0; i < count; i++)
		noise[i] = (uint8_t)draw(256);
	switch (draw(6)) {
	case 0:
		bytes[0] ^= (uint8_t)(1 << draw(8));
		return length;
	case 1:
		bytes[0] = noise[0];
		return length;
	case 2:	/* lost */
		if (count > length)
			count = length;
		memmove(bytes, bytes + count, length - count);
		return length - count;
	case 3:	/* twice */
		if (count > length)
			count = length;
		memmove(bytes + count, bytes, length);
		return length + count;
	case 4:	/* more */
		memmove(bytes + count, bytes, length);
		memcpy(bytes, noise, count);
		return length + count;
	default:	/* others */
		if (count > length)
			count = length;
		memcpy(bytes, noise, count);
		return length;
	}
}

static void move(const Harm* harm)
{
	size_t before = arriving.length;
	if (harm->records > 0)
		arriveInRecords(harm->records);
	else {
		arrive(written.bytes + written.taken, written.length - written.taken);
		written.taken = written.length;
	}
	if (before <= harm->change && harm->change < arriving.length)
		arriving.length = harm->change + changeBytes(arriving.bytes + harm->change, arriving.length - harm->change);
	if (arriving.length > harm->cut)
		arriving.length = harm->cut;
}

/* Client calls are counted on the heap; NULL, with failure, when there is no client. */
static TLS* play(TLSTrust* trust, const Harm* harm, TLSFailure* failure)
{
	TLSOptions options = { .serverName = word("name", "a.test"), .alpn = word("alpn", NULL), .now = number("now", (long)time(NULL)) };
	uint8_t bytes[4096];
	size_t count, most, wrote = 0, heard;
	int turns = 0, closing = 0;
	TLS* tls;
	heapCount(1);
	tls = tlsCreate(trust, &options, failure);
	heapCount(0);
	if (tls == NULL)
		return NULL;
	for (;;) {
		size_t taken = arriving.taken, left = leaving.length;
		heapCount(1);
		if (wrote < sizeof(fromClient) - 1)
			wrote += tlsWrite(tls, fromClient + wrote, sizeof(fromClient) - 1 - wrote);
		for (;;) {
			most = harm->chunk ? 1 + draw((uint32_t)harm->chunk) : sizeof(bytes);
			count = tlsSend(tls, bytes, most);
			if (count == 0 || leaving.length + count > sizeof(leaving.bytes))
				break;
			memcpy(leaving.bytes + leaving.length, bytes, count);
			leaving.length += count;
		}
		heapCount(0);
		serverTurn();
		move(harm);
		most = arriving.length - arriving.taken;
		if (harm->chunk && most > harm->chunk)
			most = 1 + draw((uint32_t)harm->chunk);
		heapCount(1);
		arriving.taken += tlsReceive(tls, arriving.bytes + arriving.taken, most);
		while ((heard = tlsRead(tls, clientRead + clientReadLength, sizeof(clientRead) - clientReadLength)) > 0)
			clientReadLength += heard;
		heapCount(0);
		if (++turns > mostTurns || tlsState(tls) == tlsFailed || tlsState(tls) == tlsClosed)
			break;
		if (arriving.taken == taken && leaving.length == left && written.taken == written.length) {
			/* Nothing moves any more: all went well, or it is over. */
			int well = wrote == sizeof(fromClient) - 1 && clientReadLength == sizeof(fromServer) - 1;
			heapCount(1);
			if (well && harm->cut == SIZE_MAX)
				tlsClose(tls);
			else {
				tlsEnd(tls);
				tlsRead(tls, bytes, sizeof(bytes));
			}
			heapCount(0);
			if (closing++)
				break;
		}
	}
	return tls;
}

/* What no harm may bring about: 0 when all is as it must be. */
static const char* wrong(TLS* tls)
{
	if (clientReadLength > sizeof(fromServer) - 1 || memcmp(clientRead, fromServer, clientReadLength) != 0)
		return "the client read what the server did not write";
	if (serverReadLength > sizeof(fromClient) - 1 || memcmp(serverRead, fromClient, serverReadLength) != 0)
		return "the server read what the client did not write";
	if (tlsVersion(tls) == NULL && serverReadLength > 0)
		return "the client wrote before it was secure";
	if (tlsState(tls) != tlsFailed && tlsState(tls) != tlsClosed)
		return "the client never ended";
	return NULL;
}

/* memory servercert= serverkey= anchors= [name= now= records=N chunk=N seed=N twelve=1]: one connection. */
void commandMemory(void)
{
	Harm harm = unharmed;
	TLSFailure failure;
	TLSTrust* trust;
	TLS* tls = NULL;
	if ((trust = trustOfWords()) == NULL)
		return;
	seed = (uint32_t)number("seed", 1);
	harm.records = (size_t)number("records", 0);
	harm.chunk = (size_t)number("chunk", 0);
	if (serverFiles() && serverOpen() == 0) {
		tls = play(trust, &harm, &failure);
		if (tls) {
			const char* error = wrong(tls);
			putchar('{');
			report(tls);
			reportText("read", clientRead, clientReadLength);
			reportText("serverRead", serverRead, serverReadLength);
			printf(",\"wrong\":\"%s\",\"heapPeak\":%zu", error ? error : "", heap.most);
			tlsFree(tls);
		}
		else
			printf("{\"state\":\"refused\",\"failure\":\"%s\"", failureName(failure));
		serverClose();
		serverFilesFree();
		tlsTrustRelease(trust);
		printf(",\"heapLeft\":%zu}\n", heapLeft());
		return;
	}
	serverFilesFree();
	tlsTrustRelease(trust);
}

/* PSA keeps some for all connections, and takes it anew with its random numbers every 10,000 requests: there the end of the command tells. */
static int freed(size_t before)
{
	return mbedTLS4 || heap.now == before;
}

/* One connection of many; tells of what is wrong. */
static int once(TLSTrust* trust, const Harm* harm, size_t index, size_t counts[4])
{
	TLSFailure failure;
	TLS* tls = NULL;
	const char* error = NULL;
	size_t before = heap.now;
	if (serverOpen() == 0 && (tls = play(trust, harm, &failure)) != NULL) {
		error = wrong(tls);
		if (tlsVersion(tls))
			counts[0]++;
		counts[tlsState(tls) == tlsClosed ? 1 : tlsFailure(tls) == tlsTruncated ? 2 : 3]++;
		tlsFree(tls);
	}
	else
		error = "no client";
	serverClose();
	if (error == NULL && !freed(before))
		error = "memory was not freed";
	if (error)
		printf("{\"state\":\"wrong\",\"wrong\":\"%s\",\"index\":%zu,\"cut\":%zu,\"change\":%zu}\n", error, index, harm->cut, harm->change);
	return error == NULL;
}

/* How many bytes the server sends when nothing is harmed; 0 when that does not work. */
static size_t measure(TLSTrust* trust)
{
	size_t counts[4] = { 0 };
	if (!once(trust, &unharmed, 0, counts) || counts[1] != 1) {
		printf("{\"state\":\"wrong\",\"wrong\":\"not even unharmed\"}\n");
		return 0;
	}
	return written.length;
}

static void reportMany(size_t runs, size_t length, const size_t counts[4])
{
	printf("{\"state\":\"done\",\"runs\":%zu,\"bytes\":%zu,\"opened\":%zu,\"closed\":%zu,\"truncated\":%zu,\"failed\":%zu,\"heapLeft\":%zu}\n", runs,
		length, counts[0], counts[1], counts[2], counts[3], heapLeft());
}

static void many(int fuzz)
{
	size_t counts[4] = { 0 }, length = 0, runs = 0, count, i;
	TLSTrust* trust = trustOfWords();
	if (trust == NULL)
		return;
	seed = (uint32_t)number("seed", 1);
	count = (size_t)number("count", 0);
	if (serverFiles())
		length = measure(trust);
	/* Without a count: every byte. */
	for (i = 0; length > 0 && i < (count ? count : length); i++, runs++) {
		Harm harm = unharmed;
		size_t at = count ? draw((uint32_t)length) : i;
		if (fuzz) {
			harm.change = at;
			harm.chunk = draw(4) == 0 ? 1 + draw(600) : 0;
			harm.records = draw(4) == 0 ? 4 + draw(300) : 0;
		}
		else
			harm.cut = at;
		if (!once(trust, &harm, i, counts))
			break;
		if (!fuzz && counts[2] != i + 1) {
			printf("{\"state\":\"wrong\",\"wrong\":\"a cut was not told\",\"cut\":%zu}\n", at);
			break;
		}
	}
	serverFilesFree();
	tlsTrustRelease(trust);
	if (length > 0 && runs == (count ? count : length))
		reportMany(runs, length, counts);
}

/* cut …as memory… [count=N]: the server's bytes end at every one of them, or at N of them. */
void commandCut(void)
{
	many(0);
}

/* fuzz …as memory… count=N seed=N: a change somewhere in each of N connections. */
void commandFuzz(void)
{
	many(1);
}

/* starve …as memory… count=N: in each of N connections one other allocation finds no memory; with trust=1 while the trust is made. */
void commandStarve(void)
{
	size_t runs = (size_t)number("count", 1), most = 0, memory = 0, opened = 0, other = 0, i = 0;
	const char* error = NULL;
	TLSTrust* trust = trustOfWords();
	if (trust == NULL)
		return;
	seed = (uint32_t)number("seed", 1);
	heap.calls = 0;
	if (serverFiles() && measure(trust) > 0) {
		most = heap.calls;
		for (i = 0; i < runs && error == NULL; i++) {
			TLSFailure failure = tlsFine;
			size_t before = heap.now;
			TLS* tls;
			if (serverOpen() != 0)
				break;
			/* Half of them among the first, which are the fewest and the most different. */
			heapFail(1 + draw((uint32_t)(i % 2 ? most : 60)));
			tls = play(trust, &unharmed, &failure);
			heapFail(0);
			if (tls) {
				error = wrong(tls);
				if (tlsVersion(tls))
					opened++;
				else if (tlsFailure(tls) == tlsMemory)
					memory++;
				else
					other++;
				tlsFree(tls);
			}
			else if (failure == tlsMemory)
				memory++;
			else
				error = "not told as memory";
			serverClose();
			if (error == NULL && !freed(before))
				error = "memory was not freed";
		}
	}
	serverFilesFree();
	tlsTrustRelease(trust);
	if (error)
		printf("{\"state\":\"wrong\",\"wrong\":\"%s\",\"index\":%zu}\n", error, i);
	else if (most > 0)
		printf("{\"state\":\"done\",\"runs\":%zu,\"allocations\":%zu,\"memory\":%zu,\"opened\":%zu,\"other\":%zu,\"heapLeft\":%zu}\n", i, most,
			memory, opened, other, heapLeft());
}
