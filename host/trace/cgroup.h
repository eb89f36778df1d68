/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_CGROUP_H
#define LT_TRACE_CGROUP_H
#include "../error.h"

/* A descriptor of a cgroup (version 2), by its directory; or -errno with a message that begins with `kind`. */
int lt_cgroup_directory(const char *kind, const char *path, lt_error *err);

#endif
