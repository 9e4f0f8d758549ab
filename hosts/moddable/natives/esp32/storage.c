/* storage.ts in NVS: a blob for each key. The SDK's preferences erase a key before they write it, so that a loss of power between loses both. */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include "nvs.h"

#define space "extasis"
/* As storage.ts has it. */
#define valueLimit 4000

static char* keyOf(xsMachine* the, char* key)
{
	return xsmcToStringBuffer(xsArg(0), key, NVS_KEY_NAME_MAX_SIZE);
}

static void check(xsMachine* the, esp_err_t error)
{
	if (error == ESP_ERR_NVS_NOT_ENOUGH_SPACE)
		xsUnknownError("the store is full");
	if (error != ESP_OK)
		xsUnknownError("store: error 0x%x", (int)error);
}

void xs_extasis_storage_read(xsMachine* the)
{
	char key[NVS_KEY_NAME_MAX_SIZE];
	nvs_handle_t store;
	size_t length = 0;
	keyOf(the, key);
	esp_err_t error = nvs_open(space, NVS_READONLY, &store);
	if (error == ESP_ERR_NVS_NOT_FOUND)
		return;
	check(the, error);
	error = nvs_get_blob(store, key, NULL, &length);
	if (error == ESP_OK && length <= valueLimit) {
		/* No longer than the limit, so room for it was foreseen; nothing is allocated while NVS writes there. */
		xsmcSetArrayBuffer(xsResult, NULL, length);
		error = nvs_get_blob(store, key, xsmcToArrayBuffer(xsResult), &length);
	} else if (error == ESP_OK)
		error = ESP_ERR_NVS_INVALID_LENGTH;
	nvs_close(store);
	if (error != ESP_ERR_NVS_NOT_FOUND)
		check(the, error);
}

void xs_extasis_storage_write(xsMachine* the)
{
	char key[NVS_KEY_NAME_MAX_SIZE];
	nvs_handle_t store;
	void* bytes;
	xsUnsignedValue length;
	keyOf(the, key);
	xsmcGetBufferReadable(xsArg(1), &bytes, &length);
	check(the, nvs_open(space, NVS_READWRITE, &store));
	/* The new blob is whole before the old one goes: NVS keeps two versions of its index. */
	esp_err_t error = nvs_set_blob(store, key, bytes, length);
	if (error == ESP_OK)
		error = nvs_commit(store);
	nvs_close(store);
	check(the, error);
}

void xs_extasis_storage_delete(xsMachine* the)
{
	char key[NVS_KEY_NAME_MAX_SIZE];
	nvs_handle_t store;
	keyOf(the, key);
	check(the, nvs_open(space, NVS_READWRITE, &store));
	esp_err_t error = nvs_erase_key(store, key);
	if (error == ESP_OK)
		error = nvs_commit(store);
	nvs_close(store);
	if (error != ESP_ERR_NVS_NOT_FOUND)
		check(the, error);
}

void xs_extasis_storage_keys(xsMachine* the)
{
	nvs_iterator_t at = NULL;
	xsIntegerValue count = 0;
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	esp_err_t error = nvs_entry_find(NVS_DEFAULT_PART_NAME, space, NVS_TYPE_BLOB, &at);
	while (error == ESP_OK) {
		nvs_entry_info_t entry;
		nvs_entry_info(at, &entry);
		xsmcSetString(xsVar(0), entry.key);
		xsmcSetIndex(xsResult, count++, xsVar(0));
		error = nvs_entry_next(&at);
	}
	nvs_release_iterator(at);
}
