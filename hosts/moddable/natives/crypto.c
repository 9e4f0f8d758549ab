/* Digests, HMAC, PBKDF2, random bytes and comparison in constant time for crypto.ts: mbedTLS 2.28's functions on Linux, PSA's on the chip. */
#include "xsmc.h"
#include "mc.xs.h"

#include "../mbedtls.h"

#include "mbedtls/constant_time.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/version.h"

#if MBEDTLS_VERSION_MAJOR == 2 && MBEDTLS_VERSION_MINOR == 28
	#include <errno.h>
	#include <sys/random.h>
	#include "mbedtls/md.h"
	#include "mbedtls/pkcs5.h"
	#define longestHash MBEDTLS_MD_MAX_SIZE
	typedef const mbedtls_md_info_t* Hash;
#elif MBEDTLS_VERSION_MAJOR == 4
	#include "psa/crypto.h"
	#define longestHash PSA_HASH_MAX_SIZE
	typedef psa_algorithm_t Hash;
#else
	#error "only mbedTLS 2.28 and 4 are known here"
#endif

/* Of random bytes in one call. */
#define mostRandom 1024

/* The arguments' bytes stay where they are as long as nothing is allocated: results go to the stack first. */
typedef struct {
	const void* bytes;
	xsUnsignedValue length;
} Bytes;

static Bytes argument(xsMachine* the, int index)
{
	Bytes it;
	void* bytes;
	xsmcGetBufferReadable(xsArg(index), &bytes, &it.length);
	it.bytes = bytes;
	return it;
}

static Hash hashOf(xsMachine* the, int bits)
{
	if (bits != 160 && bits != 256)
		xsRangeError("no such hash");
#if MBEDTLS_VERSION_MAJOR == 2
	return mbedtls_md_info_from_type(bits == 160 ? MBEDTLS_MD_SHA1 : MBEDTLS_MD_SHA256);
#else
	if (psa_crypto_init() != PSA_SUCCESS)
		xsUnknownError("no cryptography");
	return bits == 160 ? PSA_ALG_SHA_1 : PSA_ALG_SHA_256;
#endif
}

static size_t sizeOf(int bits)
{
	return bits / 8;
}

/* What was computed, or that it was not; the stack keeps none of it. */
static void give(xsMachine* the, int failed, uint8_t* out, int bits)
{
	if (failed)
		xsUnknownError("cryptography failed");
	xsmcSetArrayBuffer(xsResult, out, sizeOf(bits));
	mbedtls_platform_zeroize(out, sizeOf(bits));
}

void xs_extasis_digest(xsMachine* the)
{
	uint8_t out[longestHash];
	int bits = xsmcToInteger(xsArg(0));
	Hash hash = hashOf(the, bits);
	Bytes data = argument(the, 1);
#if MBEDTLS_VERSION_MAJOR == 2
	int failed = mbedtls_md(hash, data.bytes, data.length, out);
#else
	size_t length;
	int failed = psa_hash_compute(hash, data.bytes, data.length, out, sizeof(out), &length) != PSA_SUCCESS;
#endif
	give(the, failed, out, bits);
}

void xs_extasis_hmac(xsMachine* the)
{
	uint8_t out[longestHash];
	int bits = xsmcToInteger(xsArg(0));
	Hash hash = hashOf(the, bits);
	Bytes key = argument(the, 1);
	Bytes data = argument(the, 2);
#if MBEDTLS_VERSION_MAJOR == 2
	int failed = mbedtls_md_hmac(hash, key.bytes, key.length, data.bytes, data.length, out);
#else
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id = 0;
	size_t length;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
	psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(hash));
	int failed = psa_import_key(&attributes, key.bytes, key.length, &id) != PSA_SUCCESS;
	if (!failed) {
		failed = psa_mac_compute(id, PSA_ALG_HMAC(hash), data.bytes, data.length, out, sizeof(out), &length) != PSA_SUCCESS;
		psa_destroy_key(id);
	}
#endif
	give(the, failed, out, bits);
}

void xs_extasis_pbkdf2(xsMachine* the)
{
	uint8_t out[longestHash];
	int bits = xsmcToInteger(xsArg(0));
	Hash hash = hashOf(the, bits);
	Bytes password = argument(the, 1);
	Bytes salt = argument(the, 2);
	int iterations = xsmcToInteger(xsArg(3));
	if (iterations < 1)
		xsRangeError("too few iterations");
#if MBEDTLS_VERSION_MAJOR == 2
	mbedtls_md_context_t context;
	mbedtls_md_init(&context);
	int failed = mbedtls_md_setup(&context, hash, 1)
		|| mbedtls_pkcs5_pbkdf2_hmac(&context, password.bytes, password.length, salt.bytes, salt.length, iterations, sizeOf(bits), out);
	mbedtls_md_free(&context);
#else
	psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
	int failed = psa_key_derivation_setup(&operation, PSA_ALG_PBKDF2_HMAC(hash)) != PSA_SUCCESS
		|| psa_key_derivation_input_integer(&operation, PSA_KEY_DERIVATION_INPUT_COST, iterations) != PSA_SUCCESS
		|| psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SALT, salt.bytes, salt.length) != PSA_SUCCESS
		|| psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_PASSWORD, password.bytes, password.length) != PSA_SUCCESS
		|| psa_key_derivation_output_bytes(&operation, out, sizeOf(bits)) != PSA_SUCCESS;
	psa_key_derivation_abort(&operation);
#endif
	give(the, failed, out, bits);
}

void xs_extasis_equal(xsMachine* the)
{
	Bytes a = argument(the, 0);
	Bytes b = argument(the, 1);
	xsmcSetBoolean(xsResult, a.length == b.length && mbedtls_ct_memcmp(a.bytes, b.bytes, a.length) == 0);
}

void xs_extasis_random(xsMachine* the)
{
	int count = xsmcToInteger(xsArg(0));
	if (count < 0 || count > mostRandom)
		xsRangeError("so many random bytes are not given");
	uint8_t out[mostRandom];
#if MBEDTLS_VERSION_MAJOR == 2
	for (int have = 0; have < count;) {
		ssize_t more = getrandom(out + have, count - have, 0);
		if (more > 0)
			have += more;
		else if (errno != EINTR)
			xsUnknownError("no random bytes");
	}
#else
	if (psa_crypto_init() != PSA_SUCCESS || psa_generate_random(out, count) != PSA_SUCCESS)
		xsUnknownError("no random bytes");
#endif
	xsmcSetArrayBuffer(xsResult, out, count);
	mbedtls_platform_zeroize(out, count);
}
