/* To be included before mbedTLS: on the chip, the configuration that ESP-IDF compiles it with, or structures would differ from the library's. */
#ifndef EXTASIS_MBEDTLS_H
#define EXTASIS_MBEDTLS_H

#ifdef ESP_PLATFORM
	#define MBEDTLS_CONFIG_FILE "mbedtls/esp_config.h"
	#define TF_PSA_CRYPTO_USER_CONFIG_FILE "mbedtls/esp_config.h"
#endif

#endif
