/* Sessions as bytes, bound to the trust and the name that they were verified for, and the channel bindings. */
#include "tlsParts.h"

#include <string.h>

/*
	"TLS" | format | when the chain holds, from and to: 8 bytes each | end point: length, 64 bytes | print: 32 bytes | mbedTLS's own
	The print is over binding, all before it and all behind it: a session of another trust, another name or with a broken bit is none.
*/
enum { format = 1, headBytes = 4 + 8 + 8 + 1 + tlsBindingBytes, allHeadBytes = headBytes + printBytes };

static void put(uint8_t* bytes, int64_t value)
{
	int i;
	for (i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
}

static int64_t get(const uint8_t* bytes)
{
	uint64_t value = 0;
	int i;
	for (i = 0; i < 8; i++)
		value = (value << 8) | bytes[i];
	return (int64_t)value;
}

static int printOf(const TLS* tls, uint8_t* print, const uint8_t* bytes, size_t length)
{
	const void* parts[3] = { tls->binding, bytes, bytes + allHeadBytes };
	const size_t lengths[3] = { printBytes, headBytes, length - allHeadBytes };
	return tlsPrint(print, parts, lengths, 3);
}

/* Offers a session to the server, unless it is not for here and now. */
void tlsOffer(TLS* tls, const void* given, size_t length)
{
	const uint8_t* bytes = given;
	uint8_t print[printBytes];
	mbedtls_ssl_session session;
	Peer peer;
	if (bytes == NULL || length <= allHeadBytes || length > tlsSessionBytes || memcmp(bytes, "TLS", 3) != 0 || bytes[3] != format)
		return;
	if (printOf(tls, print, bytes, length) != 0 || memcmp(print, bytes + headBytes, printBytes) != 0)
		return;
	peer.from = get(bytes + 4);
	peer.to = get(bytes + 12);
	peer.endPointLength = bytes[20];
	memcpy(peer.endPoint, bytes + 21, tlsBindingBytes);
	/* Resumed, no certificate is seen: their dates are judged here. */
	if (tls->now < peer.from || tls->now > peer.to || peer.endPointLength > tlsBindingBytes)
		return;
	mbedtls_ssl_session_init(&session);
	if (mbedtls_ssl_session_load(&session, bytes + allHeadBytes, length - allHeadBytes) == 0 &&
		mbedtls_ssl_set_session(&tls->ssl, &session) == 0) {
		tls->offered = 1;
		tls->peer = peer;
	}
	mbedtls_ssl_session_free(&session);
}

static int canResume(const mbedtls_ssl_session* session)
{
	return session->MBEDTLS_PRIVATE(id_len) > 0 || session->MBEDTLS_PRIVATE(ticket_len) > 0;
}

size_t tlsSession(TLS* tls, void* given, size_t size)
{
	uint8_t* bytes = given;
	mbedtls_ssl_session session;
	size_t length = 0;
	int code;
	if (tls->state != tlsOpen || tls->sessions == 0 || size <= allHeadBytes)
		return 0;
	if (size > tlsSessionBytes)
		size = tlsSessionBytes;
	mbedtls_ssl_session_init(&session);
	code = mbedtls_ssl_get_session(&tls->ssl, &session);
	if (code == 0 && canResume(&session))
		code = mbedtls_ssl_session_save(&session, bytes + allHeadBytes, size - allHeadBytes, &length);
	mbedtls_ssl_session_free(&session);
	if (code != 0 || length == 0)
		return 0;
	memcpy(bytes, "TLS", 3);
	bytes[3] = format;
	put(bytes + 4, tls->peer.from);
	put(bytes + 12, tls->peer.to);
	bytes[20] = tls->peer.endPointLength;
	memcpy(bytes + 21, tls->peer.endPoint, tlsBindingBytes);
	length += allHeadBytes;
	if (printOf(tls, bytes + headBytes, bytes, length) != 0)
		return 0;
	return length;
}

size_t tlsChannelBinding(TLS* tls, const char* type, void* bytes, size_t size)
{
	if (tls->state != tlsOpen || size < tlsBindingBytes)
		return 0;
	if (strcmp(type, "tls-server-end-point") == 0) {
		memcpy(bytes, tls->peer.endPoint, tls->peer.endPointLength);
		return tls->peer.endPointLength;
	}
#if mbedTLS4 && defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT)
	/* RFC 9266 4.2 wants extended master secret under TLS 1.2, and the library does not say whether it was used. */
	if (strcmp(type, "tls-exporter") == 0 && mbedtls_ssl_get_version_number(&tls->ssl) == MBEDTLS_SSL_VERSION_TLS1_3) {
		static const char label[] = "EXPORTER-Channel-Binding";
		return mbedtls_ssl_export_keying_material(&tls->ssl, bytes, 32, label, sizeof(label) - 1, NULL, 0, 1) == 0 ? 32 : 0;
	}
#endif
#if !mbedTLS4 && defined(MBEDTLS_SSL_RENEGOTIATION)
	/* RFC 5929 3.1: the first Finished, which is the server's when resumed. RFC 7627 5.4 is why it needs the extension. */
	if (strcmp(type, "tls-unique") == 0 && tls->extended) {
		size_t length = tls->ssl.verify_data_len;
		if (length == 0 || length > size)
			return 0;
		memcpy(bytes, tls->resumed ? tls->ssl.peer_verify_data : tls->ssl.own_verify_data, length);
		return length;
	}
#endif
	return 0;
}
