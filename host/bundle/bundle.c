/* SPDX-License-Identifier: MIT */
#include "signature.h"
#include "zip.h"
#include "../error.h"
#include "../whole_file.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The archive's comment, and so a bundle's last bytes: this, the digest of what is ahead of the comment, a newline. */
static const char mark[] = "luatrace bundle 1 ";
enum {
	DIGEST = 32,
	COMMENT_SIZE = sizeof(mark) - 1 + 2 * DIGEST + 1,
	BUNDLE_MOST = 64 << 20,
};

struct lt_bundle {
	char *path;
	uint8_t *data;		/* NULL while it rests */
	uint64_t size;
	uint8_t digest[DIGEST];
	struct zip_entry *entries;
	uint32_t count;
};

static void digest_of(const void *data, uint64_t size, uint8_t out[DIGEST])
{
	crypto_generichash(out, DIGEST, data, size, NULL, 0);
}

void lt_digest(const void *data, uint64_t size, char out[LT_DIGEST_SIZE])
{
	uint8_t digest[DIGEST];

	digest_of(data, size, digest);
	sodium_bin2hex(out, LT_DIGEST_SIZE, digest, DIGEST);
}

static int read_file(const char *path, uint8_t **data, uint64_t *size, lt_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), code = 0;
	struct stat info;
	ssize_t got = 1;

	*data = NULL;
	*size = 0;
	if (fd < 0 || fstat(fd, &info)) {
		code = -errno;
		if (fd >= 0)
			close(fd);
		return lt_fail(err, code, "bundle '%s': %s", path, strerror(-code));
	}
	if (!S_ISREG(info.st_mode))
		code = lt_fail(err, -EBADMSG, "bundle '%s': not a file", path);
	else if (info.st_size > BUNDLE_MOST)
		code = lt_fail(err, -EBADMSG, "bundle '%s': it is larger than a bundle may be (64 MiB)", path);
	else if (!(*data = malloc(info.st_size + 1)))
		code = lt_fail(err, -ENOMEM, "bundle '%s': out of memory", path);
	while (!code && *size < (uint64_t)info.st_size && got > 0) {
		got = read(fd, *data + *size, info.st_size - *size);
		*size += got > 0 ? got : 0;
	}
	if (got < 0)
		code = lt_fail(err, -errno, "bundle '%s': %s", path, strerror(errno));
	close(fd);
	return code;
}

/* Before anything in it is looked at: an accident to it has nothing else to meet. */
static int check_digest(lt_bundle *bundle, lt_error *err)
{
	const char *comment = (const char *)bundle->data + bundle->size - COMMENT_SIZE;
	char hex[LT_DIGEST_SIZE];

	if (bundle->size < 4 || memcmp(bundle->data, "PK", 2))
		return lt_fail(err, -EBADMSG, "bundle '%s': it is none: `luatrace bundle` makes them", bundle->path);
	if (bundle->size < COMMENT_SIZE || memcmp(comment, mark, sizeof(mark) - 3) ||
	    bundle->data[bundle->size - 1] != '\n')
		return lt_fail(err, -EBADMSG, "bundle '%s': it is cut off or damaged: its end is not a bundle's", bundle->path);
	if (memcmp(comment, mark, sizeof(mark) - 1))
		return lt_fail(err, -ENOTSUP, "bundle '%s': a newer luatrace has made it; this is %s", bundle->path, lt_version());
	digest_of(bundle->data, bundle->size - COMMENT_SIZE, bundle->digest);
	sodium_bin2hex(hex, sizeof(hex), bundle->digest, DIGEST);
	if (memcmp(comment + sizeof(mark) - 1, hex, 2 * DIGEST))
		return lt_fail(err, -EBADMSG, "bundle '%s': it is damaged: its digest is another one than it says", bundle->path);
	return 0;
}

static int read_list(lt_bundle *bundle, lt_error *err)
{
	lt_error why = { 0 };
	int code = zip_list(bundle->data, bundle->size, &bundle->entries, &bundle->count, &why);

	return code ? lt_fail(err, code, "bundle '%s': %s", bundle->path, why.message) : 0;
}

int lt_bundle_open(const char *path, lt_bundle **out, lt_error *err)
{
	lt_bundle *bundle = calloc(1, sizeof(*bundle));
	int code = 0;

	*out = NULL;
	if (bundle)
		bundle->path = strdup(path);
	if (!bundle || !bundle->path || sodium_init() < 0)
		code = lt_fail(err, -ENOMEM, "bundle '%s': out of memory", path);
	if (!code)
		code = read_file(path, &bundle->data, &bundle->size, err);
	if (!code)
		code = check_digest(bundle, err);
	if (!code)
		code = read_list(bundle, err);
	if (code)
		lt_bundle_free(bundle);
	else
		*out = bundle;
	return code;
}

void lt_bundle_free(lt_bundle *bundle)
{
	if (!bundle)
		return;
	free(bundle->path);
	free(bundle->data);
	zip_list_free(bundle->entries, bundle->count);
	free(bundle);
}

void lt_bundle_rest(lt_bundle *bundle)
{
	free(bundle->data);
	bundle->data = NULL;
}

static int wake(lt_bundle *bundle, lt_error *err)
{
	uint8_t before[DIGEST];
	int code;

	if (bundle->data)
		return 0;
	memcpy(before, bundle->digest, DIGEST);
	code = read_file(bundle->path, &bundle->data, &bundle->size, err);
	if (!code)
		code = check_digest(bundle, err);
	if (!code && memcmp(before, bundle->digest, DIGEST))
		code = lt_fail(err, -ESTALE, "bundle '%s': it is another one than when it was opened", bundle->path);
	memcpy(bundle->digest, before, DIGEST);
	if (code)
		lt_bundle_rest(bundle);
	return code;
}

const char *lt_bundle_name(const lt_bundle *bundle, uint32_t index)
{
	return index < bundle->count ? bundle->entries[index].name : NULL;
}

static int by_name(const void *name, const void *entry)
{
	return strcmp(name, ((const struct zip_entry *)entry)->name);
}

int lt_bundle_read(lt_bundle *bundle, const char *name, lt_blob *out, lt_error *err)
{
	const struct zip_entry *entry = bsearch(name, bundle->entries, bundle->count, sizeof(*entry), by_name);
	lt_error why = { 0 };
	int code;

	*out = (lt_blob){ 0 };
	if (!entry)
		return lt_fail(err, -ENOENT, "bundle '%s': it has no '%s'", bundle->path, name);
	code = wake(bundle, err);
	if (code)
		return code;
	code = zip_read(bundle->data, bundle->size, entry, out, &why);
	return code ? lt_fail(err, code, "bundle '%s': %s", bundle->path, why.message) : 0;
}

int lt_bundle_verify(lt_bundle *bundle, const char *const *keys, uint32_t key_count, lt_error *err)
{
	char path[4096];
	uint8_t *signature;
	uint64_t size;
	int code = wake(bundle, err);

	if (code)
		return code;
	snprintf(path, sizeof(path), "%s.minisig", bundle->path);
	code = read_file(path, &signature, &size, err);
	if (code == -ENOENT)
		lt_fail(err, code, "bundle '%s': it is not signed: there is no %s", bundle->path, path);
	if (code) {
		free(signature);
		return code;
	}
	signature[size] = '\0';
	code = signature_check(bundle->data, bundle->size, (const char *)signature, path, keys, key_count, err);
	free(signature);
	return code;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* What would be refused when it is opened is not written. */
static int read_back(const char *path, const lt_blob *archive, lt_error *err)
{
	lt_bundle bundle = { .path = (char *)path, .data = archive->data, .size = archive->size };
	int code = read_list(&bundle, err);

	zip_list_free(bundle.entries, bundle.count);
	return code;
}

int lt_bundle_write(const char *path, const lt_bundle_file *files, uint32_t count, lt_error *err)
{
	char comment[COMMENT_SIZE + 1];
	uint8_t digest[DIGEST];
	lt_blob archive;
	int code;

	if (sodium_init() < 0)
		return lt_fail(err, -EIO, "bundle: libsodium can't be used");
	/* its size is ahead of it, and so in the digest */
	memset(comment, '0', COMMENT_SIZE);
	comment[COMMENT_SIZE] = '\0';
	code = zip_write(files, count, comment, &archive, err);
	if (code)
		return code;
	if (archive.size > BUNDLE_MOST) {
		lt_blob_free(&archive);
		return lt_fail(err, -EFBIG, "bundle '%s': it would be larger than a bundle may be (64 MiB)", path);
	}
	digest_of(archive.data, archive.size - COMMENT_SIZE, digest);
	snprintf(comment, sizeof(comment), "%s", mark);
	sodium_bin2hex(comment + sizeof(mark) - 1, 2 * DIGEST + 1, digest, DIGEST);
	comment[COMMENT_SIZE - 1] = '\n';
	memcpy((char *)archive.data + archive.size - COMMENT_SIZE, comment, COMMENT_SIZE);
	code = read_back(path, &archive, err);
	if (!code) {
		code = lt_whole_file_write(path, archive.data, archive.size);
		if (code)
			lt_fail(err, code, "%s: %s", path, strerror(-code));
	}
	lt_blob_free(&archive);
	return code;
}
