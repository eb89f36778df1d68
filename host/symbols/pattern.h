/* SPDX-License-Identifier: MIT
 *
 * Regular expressions for names of functions, as scripts for bcc write them.
 */
#ifndef LT_PATTERN_H
#define LT_PATTERN_H
#include "../luatrace.h"
#include <regex.h>
#include <stdbool.h>

/* POSIX extended, with \d for a digit; it has to match from the start of a name, and `whole`: to its end. `what` names
 * it in messages. To be given to regfree(). -EINVAL, -ENOMEM. */
int lt_pattern_compile(regex_t *regex, const char *what, const char *pattern, bool whole, lt_error *err);

#endif
