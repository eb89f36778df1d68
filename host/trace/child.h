/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_CHILD_H
#define LT_TRACE_CHILD_H
#include "../luatrace.h"
#include <stdbool.h>

/* Whether it was never released. */
bool lt_child_is_held(const lt_child *child);
/* The exit status that stands for its end: its own, or 128 and the number of the signal. 0 unless lt_child_ended() has
 * told of the end. */
int lt_child_exit_status(const lt_child *child);
#endif
