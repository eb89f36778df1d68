/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_EXTERNS_H
#define LT_TRACE_EXTERNS_H
#include "object.h"

/* What a text declares as the kernel's own (`extern … __ksym`) and this kernel does not have: says so and returns
 * -ENOENT; 0 if nothing is missing. libbpf loads no part of an object then. */
int lt_externs_missing(const lt_object *object, lt_error *err);

#endif
