/* SPDX-License-Identifier: MIT
 *
 * What the ways to attach kprobes share.
 */
#ifndef LT_TRACE_KPROBE_H
#define LT_TRACE_KPROBE_H
#include "probe.h"

/* At one function by its exact name (or, without one, an address): a descriptor of a perf event, or -errno. */
int lt_kprobe_open(const struct lt_probe_ops *ops, const char *function, uint64_t offset);
/* Writes the message for what lt_kprobe_open() returned. */
int lt_kprobe_explain(const char *kind, const char *function, uint64_t offset, int code, lt_error *err);

/* kprobe_pattern.c: at all functions that opts->target, of that form (LT_PATTERN_*), matches. */
int lt_kprobe_attach_pattern(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, int32_t form,
			     lt_error *err);

/* kprobe_tracefs.c: a kretprobe with opts->maxactive, at one function by its exact name. */
int lt_kretprobe_attach_maxactive(struct lt_link *link, int prog_fd, const char *function, uint32_t maxactive,
				  lt_error *err);

#endif
