/* SPDX-License-Identifier: MIT
 *
 * What the kinds share that are told from each other by their program type alone.
 */
#ifndef LT_TRACE_PROG_TYPE_H
#define LT_TRACE_PROG_TYPE_H
#include "probe.h"

/* A `supported` of the ops: whether this kernel takes programs of the type. */
int lt_prog_type_supported(const struct lt_probe_ops *ops, lt_error *err);
/* An `explain_load` of the ops, of types that CAP_NET_ADMIN is asked for. */
int lt_net_prog_explain_load(const struct lt_probe_ops *ops, const char *target, int code, lt_error *err);

#endif
