/* SPDX-License-Identifier: MIT
 *
 * /etc/ld.so.cache, the dynamic linker's list of libraries.
 */
#ifndef LT_LDCACHE_H
#define LT_LDCACHE_H
#include <stdbool.h>
#include <stddef.h>

/* One library: its name ("libc.so.6") and path. `special`: for certain processors only. */
typedef int lt_ldcache_fn(void *arg, const char *name, const char *path, bool special);
/* Calls `each` for every entry of a cache file's bytes until it returns other than 0, and returns that; else 0.
 * -EINVAL: not a cache in the format of glibc 2.2 and later. Strings lie in `data`. */
int lt_ldcache_each(const void *data, size_t size, lt_ldcache_fn *each, void *arg);

#endif
