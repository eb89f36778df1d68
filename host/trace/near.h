/* SPDX-License-Identifier: MIT
 *
 * "; similar: a, b" for the end of a message about a name that was not found, or "" where nothing is near.
 */
#ifndef LT_TRACE_NEAR_H
#define LT_TRACE_NEAR_H
#include "../symbols/similar.h"
#include <stddef.h>

enum { LT_NEAR_SIZE = 320 };

void lt_near_write(const lt_similar *similar, char *out, size_t size);
/* The same for a kernel function. */
void lt_near_function(const char *name, char *out, size_t size);

#endif
