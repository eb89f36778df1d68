/* SPDX-License-Identifier: MIT
 *
 * What uprobes and USDT probes share: a place in a file, and the perf event there.
 */
#ifndef LT_TRACE_UPROBE_H
#define LT_TRACE_UPROBE_H
#include "probe.h"
#include <limits.h>

struct lt_uprobe_place {
	char path[PATH_MAX];	/* as the kernel shall open it */
	uint64_t offset;	/* in the file */
	uint64_t counter;	/* file offset of a 16-bit count that the kernel keeps of who listens, or 0 */
	char name[PATH_MAX + 320]; /* for messages: "path:symbol+0x…" */
};

/* The descriptor of a perf event there, not yet enabled, or -errno with a message. */
int lt_uprobe_open(const struct lt_probe_ops *ops, const struct lt_uprobe_place *place, int32_t pid, lt_error *err);
/* uprobe_pattern.c: at all functions of the file at `path` (what opts->target and opts->pid mean) that opts->symbol
 * matches. */
int lt_uprobe_attach_pattern(struct lt_link *link, const lt_attach_opts *opts, const char *path, lt_error *err);
/* uprobe_multi.c: what a program is best loaded as for `opts`, or NULL where the kernel has no better than its kind. */
const struct lt_probe_ops *lt_uprobe_multi(const lt_attach_opts *opts);
/* One link to these offsets of the file; 0, or -errno with nothing attached: then by perf uprobes. */
int lt_uprobe_link_multi(struct lt_link *link, const lt_attach_opts *opts, const char *path, const uint64_t *offsets,
			 uint32_t count);
/* The program's descriptor as perf uprobes take it. */
int lt_uprobe_perf_program(struct lt_link *link, lt_error *err);
int lt_uprobe_supported(const struct lt_probe_ops *ops, lt_error *err);

#endif
