/* Judges certificates beyond what mbedTLS does by itself, and says what a failure means. */
#include "tlsParts.h"

#include <stdio.h>
#include <string.h>

/* Days since 1970-01-01 of the proleptic Gregorian calendar: years begin in March, eras of 400 of them. */
static int64_t secondsOf(const mbedtls_x509_time* time)
{
	int64_t year = time->mon > 2 ? time->year : time->year - 1;
	int64_t month = time->mon > 2 ? time->mon - 3 : time->mon + 9;
	int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + time->day - 1 - 719468;
	return ((days * 24 + time->hour) * 60 + time->min) * 60 + time->sec;
}

/* RFC 5929 4.1: the certificate's hash by its signature's, or by SHA-256 where that is weaker. */
static void endPoint(Peer* peer, const mbedtls_x509_crt* certificate)
{
	mbedtls_md_type_t type = certificate->MBEDTLS_PRIVATE(sig_md);
	const mbedtls_md_info_t* hash;
	if (type != MBEDTLS_MD_SHA384 && type != MBEDTLS_MD_SHA512)
		type = MBEDTLS_MD_SHA256;
	hash = mbedtls_md_info_from_type(type);
	if (hash && mbedtls_md(hash, certificate->raw.p, certificate->raw.len, peer->endPoint) == 0)
		peer->endPointLength = mbedtls_md_get_size(hash);
}

static int hasNames(const mbedtls_x509_crt* certificate)
{
#if mbedTLS4
	return mbedtls_x509_crt_has_ext_type(certificate, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME);
#else
	return certificate->ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME;
#endif
}

static int isCA(const mbedtls_x509_crt* certificate)
{
#if mbedTLS4
	return mbedtls_x509_crt_get_ca_istrue(certificate) == 1;
#else
	return certificate->ca_istrue;
#endif
}

static int sameName(const mbedtls_x509_buf* one, const mbedtls_x509_buf* other)
{
	return one->len > 0 && one->len == other->len && memcmp(one->p, other->p, one->len) == 0;
}

/* By what the server shows with it: only words, since the library found no way to an anchor. */
static TLSFailure untrusted(const mbedtls_x509_crt* leaf)
{
	const mbedtls_x509_crt* signer = leaf->next;
	if (sameName(&leaf->issuer_raw, &leaf->subject_raw))
		return tlsSelfSigned;
	if (signer && sameName(&leaf->issuer_raw, &signer->subject_raw) &&
		(!isCA(signer) || mbedtls_x509_crt_check_key_usage(signer, MBEDTLS_X509_KU_KEY_CERT_SIGN) != 0))
		return tlsNotCA;
	return tlsUnknownCA;
}

int tlsVerify(void* context, mbedtls_x509_crt* certificate, int depth, uint32_t* flags)
{
	TLS* tls = context;
	int64_t from = secondsOf(&certificate->valid_from), to = secondsOf(&certificate->valid_to);
	/* The library asks time(), which the vault's clock may know better: only the given one counts. */
	*flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
	if (tls->now < from)
		*flags |= MBEDTLS_X509_BADCERT_FUTURE;
	if (tls->now > to)
		*flags |= MBEDTLS_X509_BADCERT_EXPIRED;
	if (from > tls->peer.from)
		tls->peer.from = from;
	if (to < tls->peer.to)
		tls->peer.to = to;
	if (depth == 0) {
		tls->verified = 1;
		tls->untrusted = untrusted(certificate);
		endPoint(&tls->peer, certificate);
		/* RFC 9525 6.3: only subjectAltName counts; the library would take the common name where there is none. */
		if (!hasNames(certificate))
			*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
		/* ECDHE signs with this key, in both versions. The library checks these too, but behind the callback. */
		if (mbedtls_x509_crt_check_key_usage(certificate, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0)
			*flags |= MBEDTLS_X509_BADCERT_KEY_USAGE;
		if (mbedtls_x509_crt_check_extended_key_usage(certificate, MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0)
			*flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
	}
	tls->flags |= *flags;
	return 0;
}

/* One that holds a verdict, not a defect of the parser (which sets all bits). */
static uint32_t flagsOf(const TLS* tls)
{
	uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
	return tls->flags | (tls->offered && !tls->verified ? 0 : flags == 0xFFFFFFFF ? 0 : flags);
}

static int outOfMemory(int code)
{
#if mbedTLS4
	return code == PSA_ERROR_INSUFFICIENT_MEMORY || code == MBEDTLS_ERR_SSL_ALLOC_FAILED;
#else
	/* Errors of the lower modules come added to those of the higher ones. */
	int high = -(-code & 0xFF80), low = -(-code & 0x7F);
	return high == MBEDTLS_ERR_SSL_ALLOC_FAILED || high == MBEDTLS_ERR_X509_ALLOC_FAILED || high == MBEDTLS_ERR_PK_ALLOC_FAILED ||
		high == MBEDTLS_ERR_ECP_ALLOC_FAILED || high == MBEDTLS_ERR_MD_ALLOC_FAILED || low == MBEDTLS_ERR_MPI_ALLOC_FAILED ||
		low == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
#endif
}

/* What a signature by another key comes out as depends on its bits: no signature, no padding, or a number out of range. */
static int badSignature(int code)
{
#if mbedTLS4
	return code == PSA_ERROR_INVALID_SIGNATURE || code == PSA_ERROR_INVALID_ARGUMENT || code == MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
#else
	int high = -(-code & 0xFF80);
	return high == MBEDTLS_ERR_ECP_VERIFY_FAILED || (high <= MBEDTLS_ERR_RSA_BAD_INPUT_DATA && high >= MBEDTLS_ERR_RSA_RNG_FAILED);
#endif
}

/* In the order of TLSFailure. */
TLSFailure tlsFailureOf(const TLS* tls, int code)
{
	uint32_t flags = tls->state == tlsHandshake ? flagsOf(tls) : 0;
	if (outOfMemory(code))
		return tlsMemory;
	if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		return tls->untrusted;
	if (flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY))
		return tlsWeakKey;
	if (flags & (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE))
		return tlsWrongUsage;
	if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
		return tlsWrongName;
	if (flags & MBEDTLS_X509_BADCERT_FUTURE)
		return tlsNotYetValid;
	if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
		return tlsExpired;
	if (flags == 0 && tls->state == tlsHandshake && tls->verified && badSignature(code))
		return tlsWrongKey;
	return tlsProtocol;
}

const char* tlsReason(TLSFailure failure)
{
	switch (failure) {
	case tlsUnknownCA:
	case tlsSelfSigned:
	case tlsNotCA:
		return "unknown-ca";
	case tlsWrongName:
		return "wrong-name";
	case tlsNotYetValid:
		return "not-yet-valid";
	case tlsExpired:
		return "expired";
	case tlsTruncated:
		return "closed";
	default:
		return "tls";
	}
}

/* RFC 8446 6.2. */
enum { handshakeFailure = 40, protocolVersion = 70 };

static const char* sentence(const TLS* tls)
{
	switch (tls->failure) {
	case tlsUnknownCA:
		return "the server's certificate does not lead to a trust anchor";
	case tlsSelfSigned:
		return "the server's certificate is signed by itself and no trust anchor";
	case tlsNotCA:
		return "the server's certificate is signed by one that may not sign";
	case tlsWeakKey:
		return "a key or a signature in the server's certificates is too weak (RSA under 2048 bits, a curve under 256, SHA-1)";
	case tlsWrongUsage:
		return "the server's certificate is not for a server";
	case tlsWrongName:
		return "the server's certificate is for another name";
	case tlsNotYetValid:
		return "a certificate of the server is not valid yet, by this clock";
	case tlsExpired:
		return "a certificate of the server has expired, by this clock";
	case tlsWrongKey:
		return "the server does not have the key of its certificate";
	case tlsTruncated:
		return "the server ended the connection without saying so in TLS";
	case tlsMemory:
		return "no memory for TLS";
	case tlsFine:
		return "";
	default:
		if (tls->state == tlsHandshake && (tls->code == MBEDTLS_ERR_SSL_INVALID_RECORD || tls->code == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE))
			return "what the server says is no TLS";
		if (tls->alert == handshakeFailure || tls->alert == protocolVersion)
			return "the server takes no TLS that we speak";
		return "TLS failed";
	}
}

void tlsDescribe(TLS* tls)
{
	int length = snprintf(tls->detail, sizeof(tls->detail), "%s", sentence(tls));
	if (length < 0 || (size_t)length >= sizeof(tls->detail))
		return;
	if (tls->alert >= 0)
		snprintf(tls->detail + length, sizeof(tls->detail) - (size_t)length, " (the server's alert %d)", tls->alert);
	else if (tls->code != 0)
		snprintf(tls->detail + length, sizeof(tls->detail) - (size_t)length, " (mbedTLS -0x%04X)", (unsigned)-tls->code);
}
