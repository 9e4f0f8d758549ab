/* One connection: moves bytes between its two buffers and mbedTLS, and keeps its state. */
#include "tlsParts.h"

#if !mbedTLS4
	#include <mbedtls/ssl_internal.h>
#endif
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What mbedTLS holds goes at once; what is still to be sent and the reason stay. */
static void drop(TLS* tls)
{
	if (!tls->live)
		return;
	tls->live = 0;
	mbedtls_ssl_free(&tls->ssl);
	mbedtls_ssl_config_free(&tls->config);
	tlsTrustRelease(tls->trust);
	tls->trust = NULL;
	mbedtls_platform_zeroize(tls->in, sizeof(tls->in));
	tls->inLength = 0;
}

static void fail(TLS* tls, TLSFailure failure, int code)
{
	if (tls->state == tlsFailed || tls->state == tlsClosed)
		return;
	tls->failure = failure;
	tls->code = code;
	if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
		tls->alert = tls->ssl.MBEDTLS_PRIVATE(in_msg)[1];
	tlsDescribe(tls);
	tls->state = tlsFailed;
	drop(tls);
}

static int give(void* context, const unsigned char* bytes, size_t length)
{
	TLS* tls = context;
	size_t count = sizeof(tls->out) - tls->outLength;
	if (count > length)
		count = length;
	if (count == 0)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	memcpy(tls->out + tls->outLength, bytes, count);
	tls->outLength += count;
	return (int)count;
}

static int take(void* context, unsigned char* bytes, size_t size)
{
	int count = tlsTake(context, bytes, size);
	return count > 0 ? count : count == 0 ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_INVALID_RECORD;
}

static void shake(TLS* tls);

TLS* tlsCreate(TLSTrust* trust, const TLSOptions* options, TLSFailure* failure)
{
	TLS* tls;
	int code;
	*failure = tlsMisuse;
	if (options->serverName == NULL || !tlsIsHostName(options->serverName))
		return NULL;
	if (options->alpn && (options->alpn[0] == 0 || strlen(options->alpn) >= sizeof(tls->protocol)))
		return NULL;
	*failure = tlsMemory;
	tls = calloc(1, sizeof(*tls));
	if (tls == NULL)
		return NULL;
	tls->trust = trust;
	trust->holders++;
	tls->now = options->now;
	tls->alert = -1;
	tls->untrusted = tlsUnknownCA;
	tls->peer.from = INT64_MIN;
	tls->peer.to = INT64_MAX;
	if (options->alpn) {
		strcpy(tls->protocol, options->alpn);
		tls->protocols[0] = tls->protocol;
	}
	mbedtls_ssl_config_init(&tls->config);
	mbedtls_ssl_init(&tls->ssl);
	tls->live = 1;
	code = tlsConfigure(tls);
	if (code == 0)
		code = mbedtls_ssl_setup(&tls->ssl, &tls->config);
	if (code == 0)
		code = mbedtls_ssl_set_hostname(&tls->ssl, options->serverName);
	if (code == 0) {
		const void* parts[2] = { trust->print, options->serverName };
		const size_t lengths[2] = { printBytes, strlen(options->serverName) };
		code = tlsPrint(tls->binding, parts, lengths, 2);
	}
	if (code != 0) {
		*failure = tlsFailureOf(tls, code);
		tlsFree(tls);
		return NULL;
	}
	mbedtls_ssl_set_bio(&tls->ssl, tls, give, take, NULL);
	mbedtls_ssl_set_verify(&tls->ssl, tlsVerify, tls);
	tlsOffer(tls, options->session, options->sessionLength);
	shake(tls);
	*failure = tlsFine;
	return tls;
}

void tlsFree(TLS* tls)
{
	if (tls == NULL)
		return;
	drop(tls);
	mbedtls_platform_zeroize(tls, sizeof(*tls));
	free(tls);
}

static void opened(TLS* tls)
{
	const char* protocol = mbedtls_ssl_get_alpn_protocol(&tls->ssl);
	/* Belt and braces: nothing opens without a verdict on this server, now or when the session was made. */
	if (!tls->verified && !tls->offered) {
		fail(tls, tlsProtocol, 0);
		return;
	}
	if (tls->flags != 0 || mbedtls_ssl_get_verify_result(&tls->ssl) != 0) {
		fail(tls, tlsFailureOf(tls, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED), MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
		return;
	}
	/* The callback runs for a certificate, and only a resumed handshake has none. */
	tls->resumed = !tls->verified;
	tls->alpn = protocol != NULL;
	tls->version = mbedtls_ssl_get_version(&tls->ssl);
	tls->state = tlsOpen;
#if mbedTLS4
	/* Under TLS 1.3 sessions come as tickets, later. */
	if (mbedtls_ssl_get_version_number(&tls->ssl) == MBEDTLS_SSL_VERSION_TLS1_2)
		tls->sessions = 1;
#else
	tls->sessions = 1;
#endif
}

/* As far as bytes and room go. */
static void shake(TLS* tls)
{
	while (tls->state == tlsHandshake) {
		int code = mbedtls_ssl_handshake_step(&tls->ssl);
#if !mbedTLS4
		if (tls->ssl.handshake)
			tls->extended = tls->ssl.handshake->extended_ms == MBEDTLS_SSL_EXTENDED_MS_ENABLED;
#endif
		if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) {
			if (code == MBEDTLS_ERR_SSL_WANT_READ && tls->ended)
				fail(tls, tlsTruncated, 0);
			return;
		}
		if (code != 0)
			fail(tls, tlsFailureOf(tls, code), code);
#if mbedTLS4
		else if (mbedtls_ssl_is_handshake_over(&tls->ssl))
#else
		else if (tls->ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER)
#endif
			opened(tls);
	}
}

size_t tlsReceive(TLS* tls, const void* given, size_t length)
{
	const uint8_t* bytes = given;
	size_t taken = 0;
	/* What comes after the end is of no use to anybody. */
	while (tls->live && taken < length) {
		size_t count = sizeof(tls->in) - tls->inLength;
		if (count > length - taken)
			count = length - taken;
		if (count == 0)
			return taken;
		memcpy(tls->in + tls->inLength, bytes + taken, count);
		tls->inLength += count;
		taken += count;
		shake(tls);
	}
	return length;
}

size_t tlsSend(TLS* tls, void* given, size_t size)
{
	uint8_t* bytes = given;
	size_t sent = 0;
	while (sent < size && tls->outLength > 0) {
		size_t count = size - sent < tls->outLength ? size - sent : tls->outLength;
		memcpy(bytes + sent, tls->out, count);
		sent += count;
		tls->outLength -= count;
		memmove(tls->out, tls->out + count, tls->outLength);
		shake(tls);
	}
	return sent;
}

void tlsEnd(TLS* tls)
{
	tls->ended = 1;
	if (tls->state == tlsHandshake)
		shake(tls);
	else if (tls->state == tlsOpen && tls->inLength == 0 && !mbedtls_ssl_check_pending(&tls->ssl))
		fail(tls, tlsTruncated, 0);
}

static void finish(TLS* tls)
{
	mbedtls_ssl_close_notify(&tls->ssl);
	tls->state = tlsClosed;
	drop(tls);
}

size_t tlsRead(TLS* tls, void* bytes, size_t size)
{
	while (tls->state == tlsOpen) {
		size_t before = tls->inLength;
		int code;
		/* What is read may have to be answered by an alert. */
		if (size == 0 || sizeof(tls->out) - tls->outLength < 2 * alertBytes)
			return 0;
		code = mbedtls_ssl_read(&tls->ssl, bytes, size > INT_MAX ? INT_MAX : size);
		if (code > 0)
			return (size_t)code;
		switch (code) {
		case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
			/* RFC 5246 7.2.1: answered by one of ours. */
			finish(tls);
			return 0;
#if mbedTLS4
		case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET:
			tls->sessions++;
			break;
#endif
		case 0:
		case MBEDTLS_ERR_SSL_WANT_READ:
			/* Something that was no data may have been read, and more be there. */
			if (tls->inLength != before)
				break;
			if (tls->ended)
				fail(tls, tlsTruncated, 0);
			return 0;
		default:
			fail(tls, tlsFailureOf(tls, code), code);
			return 0;
		}
	}
	return 0;
}

size_t tlsRoom(const TLS* tls)
{
	size_t taken;
	int expansion, most;
	if (tls->state != tlsOpen)
		return 0;
	expansion = mbedtls_ssl_get_record_expansion(&tls->ssl);
	most = mbedtls_ssl_get_max_out_record_payload(&tls->ssl);
	if (expansion < 0 || most < 0)
		return 0;
	/* A record leaves whole, and an alert finds room behind it. */
	taken = tls->outLength + (size_t)expansion + 2 * alertBytes;
	if (taken >= sizeof(tls->out))
		return 0;
	return sizeof(tls->out) - taken < (size_t)most ? sizeof(tls->out) - taken : (size_t)most;
}

size_t tlsWrite(TLS* tls, const void* bytes, size_t length)
{
	size_t room = tlsRoom(tls);
	int code;
	if (length > room)
		length = room;
	if (length == 0)
		return 0;
	code = mbedtls_ssl_write(&tls->ssl, bytes, length);
	if (code >= 0)
		return (size_t)code;
	fail(tls, tlsFailureOf(tls, code), code);
	return 0;
}

void tlsClose(TLS* tls)
{
	if (tls->state == tlsOpen || tls->state == tlsHandshake)
		finish(tls);
}

TLSState tlsState(const TLS* tls)
{
	return tls->state;
}

TLSFailure tlsFailure(const TLS* tls)
{
	return tls->failure;
}

const char* tlsDetail(const TLS* tls)
{
	return tls->detail;
}

const char* tlsVersion(const TLS* tls)
{
	return tls->version;
}

int tlsResumed(const TLS* tls)
{
	return tls->resumed;
}

int tlsALPN(const TLS* tls)
{
	return tls->alpn;
}

unsigned tlsSessions(const TLS* tls)
{
	return tls->sessions;
}
