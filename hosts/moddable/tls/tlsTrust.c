/* Trust anchors and a client's own certificate: parsed once, counted by the connections that use them. */
#include "tlsParts.h"

#include <stdlib.h>
#include <string.h>

/* SHA-256 over the parts, each behind its length, so that they cannot run into one another. 0 or an error of mbedTLS. */
int tlsPrint(uint8_t* print, const void* const* parts, const size_t* lengths, int count)
{
	mbedtls_md_context_t hash;
	int code, i;
	mbedtls_md_init(&hash);
	code = mbedtls_md_setup(&hash, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0);
	if (code == 0)
		code = mbedtls_md_starts(&hash);
	for (i = 0; code == 0 && i < count; i++) {
		uint8_t length[4] = { (uint8_t)(lengths[i] >> 24), (uint8_t)(lengths[i] >> 16), (uint8_t)(lengths[i] >> 8), (uint8_t)lengths[i] };
		code = mbedtls_md_update(&hash, length, sizeof(length));
		if (code == 0 && lengths[i] > 0)
			code = mbedtls_md_update(&hash, parts[i], lengths[i]);
	}
	if (code == 0)
		code = mbedtls_md_finish(&hash, print);
	mbedtls_md_free(&hash);
	return code;
}

/* Into `chain`, or else into `key`. The library parses PEM only with a NUL behind it, and DER only without. */
static int parse(mbedtls_x509_crt* chain, mbedtls_pk_context* key, const void* bytes, size_t length)
{
	int code = MBEDTLS_ERR_X509_ALLOC_FAILED;
	uint8_t* copy = malloc(length + 1);
	if (copy) {
		size_t given;
		memcpy(copy, bytes, length);
		copy[length] = 0;
		given = strstr((char*)copy, "-----BEGIN") ? length + 1 : length;
		/* The library adds a DER certificate as it is; of PEM, each one, and counts those it could not read. */
		if (chain)
			code = mbedtls_x509_crt_parse(chain, copy, given);
		else
			code = mbedtls_pk_parse_key(key, copy, given, NULL, 0);
		mbedtls_platform_zeroize(copy, length);
		free(copy);
	}
	return code;
}

static TLSFailure failureOf(int code)
{
	if (code == MBEDTLS_ERR_X509_ALLOC_FAILED || code == MBEDTLS_ERR_SSL_ALLOC_FAILED)
		return tlsMemory;
#if mbedTLS4
	if (code == PSA_ERROR_INSUFFICIENT_MEMORY)
		return tlsMemory;
#else
	if (code == MBEDTLS_ERR_PK_ALLOC_FAILED || code == MBEDTLS_ERR_MD_ALLOC_FAILED)
		return tlsMemory;
#endif
	return tlsMisuse;
}

static int fill(TLSTrust* trust, const void* const* parts, const size_t* lengths)
{
	int code;
#if mbedTLS4
	code = (int)psa_crypto_init();
#else
	code = mbedtls_ctr_drbg_seed(&trust->random, mbedtls_entropy_func, &trust->entropy, (const uint8_t*)"extasis", 7);
#endif
	if (code == 0)
		code = tlsPrint(trust->print, parts, lengths, 3);
	if (code == 0)
		code = parse(&trust->anchors, NULL, parts[0], lengths[0]);
	if (code == 0 && parts[1] != NULL) {
		trust->hasOwn = 1;
		code = parse(&trust->own, NULL, parts[1], lengths[1]);
		if (code == 0)
			code = parse(NULL, &trust->key, parts[2], lengths[2]);
		if (code == 0)
			code = mbedtls_pk_check_pair(&trust->own.pk, &trust->key);
	}
	return code;
}

TLSTrust* tlsTrustCreate(const void* anchors, size_t anchorsLength, const void* certificate, size_t certificateLength,
	const void* key, size_t keyLength, TLSFailure* failure)
{
	const void* parts[3] = { anchors, certificate, key };
	const size_t lengths[3] = { anchorsLength, certificate ? certificateLength : 0, key ? keyLength : 0 };
	TLSTrust* trust;
	int code;
	*failure = tlsMisuse;
	if (anchors == NULL || anchorsLength == 0 || anchorsLength > tlsAnchorBytes)
		return NULL;
	if ((certificate == NULL) != (key == NULL) || lengths[1] > tlsAnchorBytes || lengths[2] > tlsAnchorBytes)
		return NULL;
	if (certificate != NULL && (lengths[1] == 0 || lengths[2] == 0))
		return NULL;
	*failure = tlsMemory;
	trust = calloc(1, sizeof(*trust));
	if (trust == NULL)
		return NULL;
	trust->holders = 1;
	mbedtls_x509_crt_init(&trust->anchors);
	mbedtls_x509_crt_init(&trust->own);
	mbedtls_pk_init(&trust->key);
#if !mbedTLS4
	mbedtls_entropy_init(&trust->entropy);
	mbedtls_ctr_drbg_init(&trust->random);
#endif
	code = fill(trust, parts, lengths);
	if (code != 0) {
		*failure = failureOf(code);
		tlsTrustRelease(trust);
		return NULL;
	}
	*failure = tlsFine;
	return trust;
}

void tlsTrustRelease(TLSTrust* trust)
{
	if (trust == NULL || --trust->holders > 0)
		return;
	mbedtls_x509_crt_free(&trust->anchors);
	mbedtls_x509_crt_free(&trust->own);
	mbedtls_pk_free(&trust->key);
#if !mbedTLS4
	mbedtls_ctr_drbg_free(&trust->random);
	mbedtls_entropy_free(&trust->entropy);
#endif
	free(trust);
}
