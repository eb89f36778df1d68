/* SPDX-License-Identifier: MIT
 *
 * Bundles: scripts, modules and compiled objects in one file (docs/bundles.md). Part of luatrace.h.
 *
 * A bundle is a zip archive whose comment has the digest of all that is before it. Whoever wrote one may mean ill: it
 * is refused as a whole unless all of it is as a bundle has to be.
 */
#ifndef LUATRACE_BUNDLE_H
#define LUATRACE_BUNDLE_H

typedef struct lt_bundle lt_bundle;

/* What objects for any kernel and luatrace know of each other; another number is another luatrace's. */
enum { LT_OBJECT_FORMAT = 2 };

/* BLAKE2b of 256 bits, in hexadecimal. */
enum { LT_DIGEST_SIZE = 65 };
LT_API void lt_digest(const void *data, uint64_t size, char out[LT_DIGEST_SIZE]);

/* Opens one: it is read, its digest compared and its list of files checked. -EBADMSG: it is damaged, or no bundle;
 * -ENOTSUP: a newer luatrace made it. */
LT_API int lt_bundle_open(const char *path, lt_bundle **out, lt_error *err);
LT_API void lt_bundle_free(lt_bundle *bundle);
/* Names of its files, "lib/units.lua", sorted; NULL past the last. */
LT_API const char *lt_bundle_name(const lt_bundle *bundle, uint32_t index);
/* What a file of it holds (`out` to be freed). -ENOENT. */
LT_API int lt_bundle_read(lt_bundle *bundle, const char *name, lt_blob *out, lt_error *err);
/* Gives back its memory. It is read again, and has to be the same, when a file is asked for. */
LT_API void lt_bundle_rest(lt_bundle *bundle);
/* Whether PATH.minisig is a signature of what was opened by one of the keys: minisign's, "RW…" or the path of a file
 * that has one. 0, or -ENOENT (no signature), -EBADMSG (damaged), -EKEYREJECTED (of another key or file). */
LT_API int lt_bundle_verify(lt_bundle *bundle, const char *const *keys, uint32_t key_count, lt_error *err);

typedef struct lt_bundle_file {
	const char *name;
	const void *data;
	uint64_t size;
} lt_bundle_file;
/* Writes one, whole or not at all. The same files make the same bytes. */
LT_API int lt_bundle_write(const char *path, const lt_bundle_file *files, uint32_t count, lt_error *err);

#endif
