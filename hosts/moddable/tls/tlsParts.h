/* What the parts of the TLS module share, and which mbedTLS they are compiled against. */
#ifndef TLSPARTS_H
#define TLSPARTS_H

#include "tls.h"

#include "../mbedtls.h"

#include <mbedtls/version.h>
#if MBEDTLS_VERSION_NUMBER >= 0x021C0000 && MBEDTLS_VERSION_NUMBER < 0x021D0000
	#define mbedTLS4 0
#elif MBEDTLS_VERSION_NUMBER >= 0x04000000 && MBEDTLS_VERSION_NUMBER < 0x05000000
	#define mbedTLS4 1
#else
	#error "TLS: this module knows mbedTLS 2.28 (Debian) and 4 (ESP-IDF 6) and was tested with no other"
#endif

#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#if mbedTLS4
	#include <psa/crypto.h>
#else
	#include <mbedtls/ctr_drbg.h>
	#include <mbedtls/ecp.h>
	#include <mbedtls/entropy.h>
	#include <mbedtls/rsa.h>
	/* A field that 4 no longer calls public. */
	#define MBEDTLS_PRIVATE(member) member
#endif

#if !defined(MBEDTLS_SSL_CLI_C) || !defined(MBEDTLS_SSL_PROTO_TLS1_2) || !defined(MBEDTLS_SSL_ALPN) || \
	!defined(MBEDTLS_SSL_SERVER_NAME_INDICATION) || !defined(MBEDTLS_SSL_SESSION_TICKETS) || \
	!defined(MBEDTLS_SSL_EXTENDED_MASTER_SECRET) || \
	!defined(MBEDTLS_X509_CRT_PARSE_C) || !defined(MBEDTLS_PEM_PARSE_C)
	#error "TLS: mbedTLS is configured without a part that this module needs"
#endif

enum {
	/* An alert of either TLS version as a record; room for two is kept, so that one always leaves whole. */
	alertBytes = 64,
	recordHead = 5,
	messageHead = 4,
	printBytes = 32
};

struct TLSTrust {
	unsigned holders;
	mbedtls_x509_crt anchors;
	mbedtls_x509_crt own;
	mbedtls_pk_context key;
	int hasOwn;
	uint8_t print[printBytes];	/* of everything it was made of */
#if !mbedTLS4
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
#endif
};

/* What was verified, by the certificates or by the session that stands for them. */
typedef struct {
	int64_t from, to;	/* when all certificates of the chain hold */
	uint8_t endPointLength;
	uint8_t endPoint[tlsBindingBytes];
} Peer;

/* Of tlsRecords.c: where in the server's handshake it is. */
typedef struct {
	uint8_t head[recordHead + messageHead];
	uint8_t headLength, headGiven;
	uint8_t version[2];
	uint8_t through;
	uint16_t left;	/* of the record that comes in */
	uint32_t pass;	/* to be given as it comes */
	uint32_t message;	/* of the message that is being given */
} Records;

struct TLS {
	TLSTrust* trust;
	TLSState state;
	TLSFailure failure;
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;
	const char* protocols[2];
	char protocol[32];
	uint8_t binding[printBytes];	/* of a session to this trust and name */
	int64_t now;
	Peer peer;
	uint32_t flags;	/* MBEDTLS_X509_BADCERT_… of the whole chain */
	TLSFailure untrusted;	/* what it is where the chain leads to no anchor */
	uint8_t live, verified, offered, resumed, alpn, ended, extended;
	unsigned sessions;
	int code;
	int alert;
	const char* version;
	char detail[200];
	Records records;
	size_t inLength, outLength;
	uint8_t in[tlsInBytes];
	uint8_t out[tlsOutBytes];
};

/* tlsConfigure.c */
int tlsConfigure(TLS* tls);
int tlsIsHostName(const char* name);

/* tlsTrust.c */
int tlsPrint(uint8_t* print, const void* const* parts, const size_t* lengths, int count);

/* tlsVerify.c: mbedTLS's callback for each certificate, and what a failure means. */
int tlsVerify(void* tls, mbedtls_x509_crt* certificate, int depth, uint32_t* flags);
TLSFailure tlsFailureOf(const TLS* tls, int code);
void tlsDescribe(TLS* tls);

/* tlsSession.c */
void tlsOffer(TLS* tls, const void* bytes, size_t length);

/* tlsRecords.c: the next bytes of `in` for mbedTLS: how many, 0 when it must wait, -1 when they are no TLS. */
int tlsTake(TLS* tls, uint8_t* bytes, size_t size);

#endif
