/* SPDX-License-Identifier: MIT
 *
 * The folder of compiled texts: entries of bytes, by a number each. Whatever is wrong with the folder or an entry,
 * the answer is that there is none; nothing in it is believed that others than this user could have put there.
 */
#ifndef LT_TRACE_CACHE_FOLDER_H
#define LT_TRACE_CACHE_FOLDER_H
#include "../luatrace.h"
#include <limits.h>
#include <stdbool.h>

/* Its path: $LUATRACE_CACHE, else /var/cache/luatrace for root, else luatrace in $XDG_CACHE_HOME or ~/.cache. False,
 * with the reason in `path`, if there is to be none. */
bool lt_cache_path(char path[PATH_MAX]);
/* An entry's bytes (to be freed), as they were once written. `reason` (may be NULL) says why there are none. */
bool lt_cache_read(uint64_t key, lt_blob *content, char reason[256]);
/* Replaces the entry, whole or not at all, and makes room. False, with the reason: nothing is kept. */
bool lt_cache_write(uint64_t key, const lt_blob *content, char reason[256]);

/* An entry of the folder. */
struct cache_item {
	uint64_t key;
	uint64_t size;		/* bytes on disk */
	int64_t used;		/* seconds since 1970: when it was read last, to an hour, or written */
};
/* All of them (to be freed), the last used first. A count, or -errno with the reason; 0 if there is no folder yet. */
int lt_cache_list(struct cache_item **items, char reason[256]);
/* Removes all entries and what writers left behind. A count, or -errno with the reason. */
int lt_cache_clear(uint64_t *bytes, char reason[256]);
#endif
