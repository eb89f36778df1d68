/* SPDX-License-Identifier: MIT
 *
 * What the kinds that stand on perf events share.
 */
#ifndef LT_TRACE_PERF_OPEN_H
#define LT_TRACE_PERF_OPEN_H
#include "probe.h"
#include <linux/perf_event.h>

/* Type number of a dynamic perf source ("kprobe", "uprobe"), or -ENOENT when the kernel has not got it. */
int lt_perf_source_type(const char *source);
/* The attr.config bit that makes a return probe, or -errno. */
int lt_perf_source_retprobe(const char *source, __u64 *config);
/* Puts the file offset of a count that the kernel keeps of who listens into attr.config. -errno: it does not, or the
 * offset has more than 32 bits. */
int lt_perf_source_counter(const char *source, uint64_t offset, __u64 *config);
/* A descriptor or -errno. */
int lt_perf_open(struct perf_event_attr *attr, int32_t pid, int32_t cpu);
/* Makes `prog_fd` run at a perf event and starts it; takes over `perf_fd` whatever comes. Adds the descriptor that
 * holds both to the link and returns 0, or -errno. */
int lt_perf_attach(struct lt_link *link, int perf_fd, int prog_fd);
/* The same with a number for bpf_get_attach_cookie(). -EOPNOTSUPP: the kernel has no such cookies (before 5.15). */
int lt_perf_attach_cookie(struct lt_link *link, int perf_fd, int prog_fd, uint64_t cookie);
/* Tells, for the end of a message, why perf refused with -EPERM or -EACCES. */
void lt_perf_privilege(char *out, size_t size);
/* Writes the complete message for a program that could not be tied to an event. */
int lt_perf_attach_failed(lt_error *err, int code, const char *kind, const char *target);

#endif
