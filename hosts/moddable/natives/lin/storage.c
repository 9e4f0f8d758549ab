/* storage.ts in a folder: a file for each key, replaced by rename(2). The SDK's preferences are one file that is deleted before it is written anew. */
#include "xsmc.h"
#include "mc.xs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* As storage.ts has them. */
#define keyLength 15
#define valueLimit 4000
/* Of a value that is being written; no key begins with a dot. */
#define draft ".draft"

/* Of the folder, open and locked as long as the program runs. */
static int folder = -1;

static void makeFolders(char* path)
{
	for (char* at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		mkdir(path, 0700);
		*at = '/';
	}
	mkdir(path, 0700);
}

/* EXTASIS_STORE, else below XDG_DATA_HOME (XDG Base Directory Specification). */
static int storePath(char* path, size_t size)
{
	const char* store = getenv("EXTASIS_STORE");
	const char* data = getenv("XDG_DATA_HOME");
	const char* home = getenv("HOME");
	int length = -1;
	if (store && *store)
		length = snprintf(path, size, "%s", store);
	else if (data && *data == '/')
		length = snprintf(path, size, "%s/extasis/simulator", data);
	else if (home && *home)
		length = snprintf(path, size, "%s/.local/share/extasis/simulator", home);
	return length > 0 && (size_t)length < size;
}

static void openFolder(xsMachine* the)
{
	char path[PATH_MAX];
	if (folder >= 0)
		return;
	if (!storePath(path, sizeof(path)))
		xsUnknownError("no folder for the store: set EXTASIS_STORE");
	makeFolders(path);
	int it = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (it < 0)
		xsUnknownError("store: %s", strerror(errno));
	if (flock(it, LOCK_EX | LOCK_NB)) {
		close(it);
		xsUnknownError("another thing uses this store: give another one in EXTASIS_STORE");
	}
	folder = it;
}

static void keyOf(xsMachine* the, char* key)
{
	xsmcToStringBuffer(xsArg(0), key, keyLength + 1);
}

void xs_extasis_storage_read(xsMachine* the)
{
	char key[keyLength + 1];
	uint8_t bytes[valueLimit + 1];
	ssize_t length = 0;
	openFolder(the);
	keyOf(the, key);
	int file = openat(folder, key, O_RDONLY | O_CLOEXEC);
	if (file < 0) {
		if (errno == ENOENT)
			return;
		xsUnknownError("store: %s", strerror(errno));
	}
	for (;;) {
		ssize_t more = read(file, bytes + length, sizeof(bytes) - length);
		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0) {
			if (more < 0)
				length = -1;
			break;
		}
		length += more;
	}
	close(file);
	if (length < 0 || length > valueLimit)
		xsUnknownError("store: %s cannot be read", key);
	xsmcSetArrayBuffer(xsResult, bytes, length);
}

void xs_extasis_storage_write(xsMachine* the)
{
	char key[keyLength + 1];
	void* bytes;
	xsUnsignedValue length;
	openFolder(the);
	keyOf(the, key);
	xsmcGetBufferReadable(xsArg(1), &bytes, &length);
	int file = openat(folder, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int failed = file < 0;
	for (xsUnsignedValue done = 0; !failed && done < length;) {
		ssize_t more = write(file, (const char*)bytes + done, length - done);
		if (more > 0)
			done += more;
		else
			failed = errno != EINTR;
	}
	if (!failed)
		failed = fsync(file) != 0;
	int error = errno;
	if (file >= 0)
		close(file);
	if (!failed && (renameat(folder, draft, folder, key) || fsync(folder))) {
		failed = 1;
		error = errno;
	}
	if (failed)
		xsUnknownError("store: %s", strerror(error));
}

void xs_extasis_storage_delete(xsMachine* the)
{
	char key[keyLength + 1];
	openFolder(the);
	keyOf(the, key);
	if (unlinkat(folder, key, 0) ? errno != ENOENT : fsync(folder) != 0)
		xsUnknownError("store: %s", strerror(errno));
}

void xs_extasis_storage_keys(xsMachine* the)
{
	xsIntegerValue count = 0;
	openFolder(the);
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	/* The stream takes the descriptor, and the reading position is the descriptor's. */
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR* all = copy < 0 ? NULL : fdopendir(copy);
	if (!all)
		xsUnknownError("store: %s", strerror(errno));
	for (struct dirent* entry; (entry = readdir(all));) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) > keyLength)
			continue;
		xsmcSetString(xsVar(0), entry->d_name);
		xsmcSetIndex(xsResult, count++, xsVar(0));
	}
	closedir(all);
}
