/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_CLOSE_MANY_H
#define LT_TRACE_CLOSE_MANY_H
#include <stdint.h>

/* Closes all, and returns when all are closed. */
void lt_close_many(const int *fds, uint32_t count);

#endif
