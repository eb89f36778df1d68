/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_MODULE_BTF_H
#define LT_TRACE_MODULE_BTF_H
#include <stddef.h>
#include "../luatrace.h"

/* A memory file with the names of modules that have BTF, sorted, a line each; or -errno. */
int lt_module_btf_list(const lt_compile_opts *opts);
/* The BTF of one of them, or -errno. */
int lt_module_btf_open(const lt_compile_opts *opts, const char *name);

#endif
