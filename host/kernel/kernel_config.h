/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_KERNEL_CONFIG_H
#define LT_TRACE_KERNEL_CONFIG_H
#include <stddef.h>
#include "../luatrace.h"

/* The configuration file of the kernel that a text is compiled for, perhaps compressed by gzip: a descriptor, or -errno
 * and in `reason` what was looked for. */
int lt_kernel_config_open(const lt_compile_opts *opts, char *reason, size_t size);

#endif
