/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_CPUS_H
#define LT_TRACE_CPUS_H
#include "../luatrace.h"

/* Numbers of the CPUs that are online, ascending: their count, `*out` malloc'ed, or -errno. */
int lt_cpus_online(int32_t **out);
/* The same from a list like "0-3,8". */
int lt_cpus_parse(const char *list, int32_t **out);

#endif
