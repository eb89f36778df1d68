/* SPDX-License-Identifier: MIT
 *
 * Zip archives in memory, as bundles have them: plain files, stored or deflated, each of its own name.
 */
#ifndef LT_BUNDLE_ZIP_H
#define LT_BUNDLE_ZIP_H
#include "../luatrace.h"

enum {
	ZIP_NAME_MOST = 256,
	ZIP_FILES_MOST = 4096,
	ZIP_FILE_MOST = 32 << 20,	/* bytes of one file */
	ZIP_ALL_MOST = 256 << 20,	/* of all files */
};

struct zip_entry {
	char *name;
	uint64_t size;
	uint64_t at;		/* minizip's place of it: in the directory */
	uint64_t number;
	uint64_t begin, end;	/* of its header and its bytes in the archive */
};

/* The list of an archive, sorted by name (`*entries` is to be freed, also after a failure). -EBADMSG and why, if
 * anything in it is not as it has to be. */
int zip_list(const void *archive, uint64_t size, struct zip_entry **entries, uint32_t *count, lt_error *err);
void zip_list_free(struct zip_entry *entries, uint32_t count);
int zip_read(const void *archive, uint64_t size, const struct zip_entry *entry, lt_blob *out, lt_error *err);
/* Makes one (`out` to be freed), with a comment. */
int zip_write(const lt_bundle_file *files, uint32_t count, const char *comment, lt_blob *out, lt_error *err);
#endif
