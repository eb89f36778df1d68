/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_PRIVILEGE_H
#define LT_TRACE_PRIVILEGE_H
#include <stdbool.h>
#include <stddef.h>

enum {
	LT_NEEDS_BPF = 1,
	LT_NEEDS_PERFMON = 2,
	LT_NEEDS_NET_ADMIN = 4,
};

/* True and "… is missing; run as root" if the process lacks a privilege of `needs`. */
bool lt_privilege_missing(int needs, char *out, size_t size);

#endif
