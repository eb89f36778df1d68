/* SPDX-License-Identifier: MIT
 *
 * Names for what the kernel keeps beyond its maker's end, so that the next tracer knows what nobody owns any more.
 */
#ifndef LT_TRACE_OWNER_H
#define LT_TRACE_OWNER_H
#include <stdbool.h>
#include <stddef.h>

/* A name that begins with "luatrace_" and tells this process, in letters, digits and '_'. 0 or -errno. */
int lt_owner_name(char *out, size_t size);
/* True when `name` begins with such a name, of a process that has ended. */
bool lt_owner_is_gone(const char *name);

#endif
