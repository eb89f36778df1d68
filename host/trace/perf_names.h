/* SPDX-License-Identifier: MIT
 *
 * What perf events are called, and why the kernel refuses one.
 */
#ifndef LT_TRACE_PERF_NAMES_H
#define LT_TRACE_PERF_NAMES_H
#include "../error.h"
#include <stddef.h>

enum { LT_PERF_NAME_SIZE = 64 };
/* "page-faults", or "type 4 config 0x1". */
void lt_perf_name(uint32_t type, uint64_t config, char *out, size_t size);
/* Writes the complete message for an event that could not be opened. `subject` is "perf_event 'page-faults'". */
int lt_perf_refused(const char *subject, uint32_t type, int32_t pid, int code, lt_error *err);

#endif
