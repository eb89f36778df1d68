/* SPDX-License-Identifier: MIT */
#ifndef LT_ERROR_H
#define LT_ERROR_H
#include "luatrace.h"

/* Formats `err`'s message (err may be NULL) and returns `code`, a negative errno, so that a caller can write
 * `return lt_fail(err, -ENOENT, "kprobe '%s': …", name)`. Drops an earlier log. */
int lt_fail(lt_error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Takes over `log` (malloc'ed, may be NULL). */
void lt_error_set_log(lt_error *err, char *log);
/* Prints a line to stderr when the verbosity is at least `level`. */
void lt_verbose(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif
