/* SPDX-License-Identifier: MIT
 *
 * A tracepoint's format file (tracefs, events/CATEGORY/EVENT/format) as a C struct.
 */
#ifndef LT_CC_TRACEPOINT_H
#define LT_CC_TRACEPOINT_H
#include "memory.h"
#include "text/names.h"

/* Adds `struct tracepoint__CATEGORY__EVENT { … };` to `out`. Struct tags that its pointer fields name go to `names`,
 * so that the slice has them. `portable`: fields are where the kernel has them that the object is loaded in.
 * Returns NULL or what is wrong with the format. */
const char *tracepoint_print(const char *category, const char *event, const char *format, size_t size,
			     struct names *names, bool portable, struct text *out);
#endif
