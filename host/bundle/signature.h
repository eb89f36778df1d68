/* SPDX-License-Identifier: MIT
 *
 * Minisign's signatures and keys.
 */
#ifndef LT_BUNDLE_SIGNATURE_H
#define LT_BUNDLE_SIGNATURE_H
#include "../luatrace.h"

/* Whether `signature`, what the file `path` has, is of `data` and by one of the keys. As lt_bundle_verify(). */
int signature_check(const void *data, uint64_t size, const char *signature, const char *path, const char *const *keys,
		    uint32_t key_count, lt_error *err);
#endif
