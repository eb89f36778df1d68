/* SPDX-License-Identifier: MIT
 *
 * Lists of what can be attached to. A kind's `list` puts each target that it has into a listing.
 */
#ifndef LT_TRACE_LIST_H
#define LT_TRACE_LIST_H
#include "../symbols/pattern.h"
#include "probe.h"
#include <stdio.h>

struct lt_list_btf;

struct lt_listing {
	FILE *out;
	const char *kind;	/* as it is written ahead of each target */
	const char *target;	/* the pattern's text */
	struct lt_pattern pattern;
	bool details;		/* arguments too */
	uint32_t count;
	struct lt_list_btf *btf; /* what was read of the kernel's types, for all kinds of one call */
};

/* Writes a target, if it is wanted; true when it was, and details may follow. */
bool lt_listing_put(struct lt_listing *listing, const char *target);
/* The same of what lies in a file; the pattern is of its name there. */
bool lt_listing_put_of(struct lt_listing *listing, const char *file, const char *name);
/* A line of details. */
void lt_listing_detail(struct lt_listing *listing, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* list_kernel.c: what BTF and kallsyms know, by kind: kprobe and kretprobe; fentry and fexit; raw_tracepoint and
 * tp_btf; lsm; iter. */
int lt_list_kprobes(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err);
int lt_list_trampolines(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err);
int lt_list_raw_tracepoints(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err);
int lt_list_hooks(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err);
int lt_list_iterators(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err);
void lt_list_btf_free(struct lt_list_btf *btf);
/* list_tracepoints.c */
int lt_list_tracepoints(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err);
/* list_perf.c */
int lt_list_perf_events(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err);
/* list_files.c: of the file that the pattern names. */
int lt_list_uprobes(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err);
int lt_list_usdt(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err);

#endif
