/* SPDX-License-Identifier: MIT */
#include "signature.h"
#include "../error.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID_SIZE = 8 };

struct key {
	uint8_t algorithm[2];	/* "Ed" */
	uint8_t id[ID_SIZE];
	uint8_t key[crypto_sign_PUBLICKEYBYTES];
};

struct signature {
	uint8_t algorithm[2];	/* "ED": of the file's BLAKE2b-512; "Ed": of the file */
	uint8_t id[ID_SIZE];
	uint8_t signature[crypto_sign_BYTES];
};

static const char trusted[] = "trusted comment: ";

static bool decode(const char *text, size_t length, void *out, size_t size)
{
	size_t got;

	while (length && (text[length - 1] == '\r' || text[length - 1] == '\n' || text[length - 1] == ' '))
		length--;
	return !sodium_base642bin(out, size, text, length, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) && got == size;
}

/* Not for others to change, nor for them to keep us waiting at. */
static FILE *open_key(const char *path, lt_error *err)
{
	lt_error why = { 0 };
	struct stat info;
	FILE *file = NULL;
	int fd;

	if (access(path, F_OK)) {
		lt_fail(err, -errno, "key '%s': neither a public key of minisign nor a file: %s", path, strerror(errno));
		return NULL;
	}
	if (lt_path_trusted(path, &why)) {
		lt_fail(err, -EPERM, "key '%s': %s", path, why.message);
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && !fstat(fd, &info) && S_ISREG(info.st_mode))
		file = fdopen(fd, "r");
	if (!file)
		lt_fail(err, -EBADMSG, "key '%s': it can't be read as a file", path);
	if (!file && fd >= 0)
		close(fd);
	return file;
}

/* What it is, or the second line of the file that it names, or the first. */
static int read_key(const char *text, struct key *key, lt_error *err)
{
	char line[1024];
	FILE *file;
	bool ok = false;

	if (decode(text, strlen(text), key, sizeof(*key)) && !memcmp(key->algorithm, "Ed", 2))
		return 0;
	file = open_key(text, err);
	if (!file)
		return -EBADMSG;
	for (int i = 0; !ok && i < 2 && fgets(line, sizeof(line), file); i++)
		ok = decode(line, strlen(line), key, sizeof(*key)) && !memcmp(key->algorithm, "Ed", 2);
	fclose(file);
	return ok ? 0 : lt_fail(err, -EBADMSG, "key '%s': the file has no public key of minisign (its .pub file does)", text);
}

struct lines {
	const char *text[4];
	size_t length[4];
};

static bool split(const char *text, struct lines *lines)
{
	for (int i = 0; i < 4; i++) {
		lines->text[i] = text;
		lines->length[i] = strcspn(text, "\n");
		if (!lines->length[i])
			return false;
		text += lines->length[i];
		text += *text == '\n';
	}
	return true;
}

static bool is_of(const struct signature *signature, const void *data, uint64_t size, const struct key *key)
{
	uint8_t digest[crypto_generichash_BYTES_MAX];

	if (!memcmp(signature->algorithm, "Ed", 2))
		return !crypto_sign_verify_detached(signature->signature, data, size, key->key);
	if (memcmp(signature->algorithm, "ED", 2))
		return false;
	crypto_generichash(digest, sizeof(digest), data, size, NULL, 0);
	return !crypto_sign_verify_detached(signature->signature, digest, sizeof(digest), key->key);
}

/* The comment is signed together with the signature. */
static bool comment_is_of(const struct signature *signature, const struct lines *lines, const struct key *key)
{
	uint8_t message[crypto_sign_BYTES + 8192], of_both[crypto_sign_BYTES];
	size_t length = lines->length[2];

	if (length < strlen(trusted) || memcmp(lines->text[2], trusted, strlen(trusted)) || length > 8192 ||
	    !decode(lines->text[3], lines->length[3], of_both, sizeof(of_both)))
		return false;
	length -= strlen(trusted);
	memcpy(message, signature->signature, crypto_sign_BYTES);
	memcpy(message + crypto_sign_BYTES, lines->text[2] + strlen(trusted), length);
	return !crypto_sign_verify_detached(of_both, message, crypto_sign_BYTES + length, key->key);
}

int signature_check(const void *data, uint64_t size, const char *text, const char *path, const char *const *keys,
		    uint32_t key_count, lt_error *err)
{
	struct signature signature;
	struct lines lines;

	if (sodium_init() < 0)
		return lt_fail(err, -EIO, "%s: libsodium can't be used", path);
	if (!split(text, &lines) || !decode(lines.text[1], lines.length[1], &signature, sizeof(signature)))
		return lt_fail(err, -EBADMSG, "%s: it is no signature of minisign", path);
	for (uint32_t i = 0; i < key_count; i++) {
		struct key key;
		int code = read_key(keys[i], &key, err);

		if (code)
			return code;
		if (memcmp(key.id, signature.id, ID_SIZE))
			continue;
		if (!is_of(&signature, data, size, &key))
			return lt_fail(err, -EKEYREJECTED, "%s: it is not the signature of this file: the file or the signature was "
				       "changed", path);
		if (!comment_is_of(&signature, &lines, &key))
			return lt_fail(err, -EKEYREJECTED, "%s: its trusted comment was changed", path);
		return 0;
	}
	return lt_fail(err, -EKEYREJECTED, "%s: it is signed by another key than %s", path,
		       key_count == 1 ? "the one that is trusted" : "those that are trusted");
}
