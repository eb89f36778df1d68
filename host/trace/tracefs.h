/* SPDX-License-Identifier: MIT
 *
 * Tracepoints as tracefs lists them.
 */
#ifndef LT_TRACE_TRACEFS_H
#define LT_TRACE_TRACEFS_H
#include "../error.h"
#include "../symbols/similar.h"
#include <stdbool.h>
#include <stddef.h>

/* The number that perf knows a tracepoint by, or -errno. */
int lt_tracepoint_id(const char *category, const char *event);
/* A descriptor of what describes its fields, or of lt_tracepoint_merged()'s; -errno. */
int lt_tracepoint_format(const char *category, const char *event);
bool lt_tracepoint_exists(const char *category, const char *event);
/* The event of the same category that has this one's fields and fires for what it fired for, and for more, in kernels
 * that have it no longer; NULL: none. */
const char *lt_tracepoint_merged(const char *category, const char *event);
/* Calls `each` for every tracepoint until it returns other than 0, which is the result; -errno with a message where
 * they can't be listed. */
int lt_tracepoint_each(int (*each)(void *arg, const char *category, const char *event), void *arg, lt_error *err);
/* Offers every "category:event", or, with `bare`, every event's name alone. */
void lt_tracepoint_offer(lt_similar *similar, bool bare);

#endif
