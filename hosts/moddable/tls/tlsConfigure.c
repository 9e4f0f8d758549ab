/* What is asked of mbedTLS for every connection: no option of ours weakens any of it. */
#include "tlsParts.h"

/* ECDHE and AEAD only; AES first, which the chip has in hardware. */
static const int suites[] = {
#if mbedTLS4
	MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
	MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
	MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
#endif
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	0
};

/* P-256 first: the chip has it in hardware, and TLS 1.3 sends a share for the first. */
#if mbedTLS4
static const uint16_t groups[] = {
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE
};
/* PKCS #1 1.5 is for certificates and TLS 1.2. */
static const uint16_t signatures[] = {
	MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256, MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384, MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
	MBEDTLS_TLS1_3_SIG_NONE
};
#else
static const mbedtls_ecp_group_id groups[] = {
	MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_SECP521R1, MBEDTLS_ECP_DP_NONE
};
static const int signatures[] = { MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE };
#endif

int tlsConfigure(TLS* tls)
{
	mbedtls_ssl_config* config = &tls->config;
	int code = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
	if (code != 0)
		return code;
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(config, &tls->trust->anchors, NULL);
	/* SHA-256 and up, RSA from 2048 bits, curves from 256. */
	mbedtls_ssl_conf_cert_profile(config, &mbedtls_x509_crt_profile_next);
	mbedtls_ssl_conf_ciphersuites(config, suites);
#if mbedTLS4
	mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_groups(config, groups);
	mbedtls_ssl_conf_sig_algs(config, signatures);
	#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
	/* Never a resumption without ECDHE. */
	mbedtls_ssl_conf_tls13_key_exchange_modes(config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
	#endif
#else
	mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &tls->trust->random);
	mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
	mbedtls_ssl_conf_curves(config, groups);
	mbedtls_ssl_conf_sig_hashes(config, signatures);
#endif
	mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
	mbedtls_ssl_conf_extended_master_secret(config, MBEDTLS_SSL_EXTENDED_MS_ENABLED);
#if defined(MBEDTLS_SSL_RENEGOTIATION)
	mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
	/* RFC 5746 4.1: a server that does not say it renegotiates safely is one into which another's bytes can be put first. */
	mbedtls_ssl_conf_legacy_renegotiation(config, MBEDTLS_SSL_LEGACY_BREAK_HANDSHAKE);
	/* No max_fragment_length: OpenSSL answers it under TLS 1.3 too, and there mbedTLS 4 takes the answer for an error. */
	if (code == 0 && tls->protocols[0])
		code = mbedtls_ssl_conf_alpn_protocols(config, tls->protocols);
	if (code == 0 && tls->trust->hasOwn)
		code = mbedtls_ssl_conf_own_cert(config, &tls->trust->own, &tls->trust->key);
	return code;
}

/* A host name of A-labels (RFC 1123 2.1); an address has digits only behind its last dot, or a colon. */
int tlsIsHostName(const char* name)
{
	size_t length = 0, label = 0;
	int digits = 1;
	for (; name[length]; length++) {
		char c = name[length];
		if (length == tlsNameBytes)
			return 0;
		if (c == '.') {
			if (label == 0)
				return 0;
			label = 0;
			digits = 1;
			continue;
		}
		if (!(c >= '0' && c <= '9')) {
			if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
				return 0;
			digits = 0;
		}
		if (++label > 63)
			return 0;
	}
	return label > 0 && !digits;
}
