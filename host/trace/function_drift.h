/* SPDX-License-Identifier: MIT
 *
 * Kernel functions that were renamed. They count only where the kernel lacks the name it is asked for.
 */
#ifndef LT_TRACE_FUNCTION_DRIFT_H
#define LT_TRACE_FUNCTION_DRIFT_H
#include <stdbool.h>
#include <stddef.h>

/* The index-th name, from 0, that `function` may have instead; false behind the last. With `result` only what it
 * returns counts, so its parameters may have changed. */
bool lt_function_moved(const char *function, bool result, unsigned index, char *out, size_t size);

#endif
