/* SPDX-License-Identifier: MIT
 *
 * uprobe.multi (6.6): one link to places of a file. Also for a single one: closing a perf uprobe holds the kernel's
 * event_mutex through grace periods, so that many are closed one after the other, 50 to 80 ms each (seen on 6.18: a
 * hundred 4969 ms, as such links 160; one 71 and 23).
 */
#include "kernel_version.h"
#include "many.h"
#include "object.h"
#include "uprobe.h"
#include <errno.h>
#include <linux/bpf.h>
#include <linux/version.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers and the libbpf that this is built with. */
enum { TRACE_UPROBE_MULTI = 48, UPROBE_MULTI_RETURN = 1 };
struct link_create {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t count, multi_flags, pid, unused;
};

static const struct lt_probe_ops multi_ops = {
	.name = "uprobe.multi",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.attach_type = TRACE_UPROBE_MULTI,
};

/* Not for one process: before 6.10 such a link takes one thread of it alone. */
const struct lt_probe_ops *lt_uprobe_multi(const lt_attach_opts *opts)
{
	return opts->pid < 0 && lt_kernel_running_code() >= KERNEL_VERSION(6, 6, 0) ? &multi_ops : NULL;
}

int lt_uprobe_link_multi(struct lt_link *link, const lt_attach_opts *opts, const char *path, const uint64_t *offsets,
			 uint32_t count)
{
	struct link_create attr = {
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (uint64_t)(uintptr_t)path,
		.offsets = (uint64_t)(uintptr_t)offsets,
		.count = count,
		.multi_flags = link->ops == &lt_uretprobe_ops ? UPROBE_MULTI_RETURN : 0,
	};
	struct lt_program *program = lt_object_program_named(link->object, link->program->name, NULL);
	uint64_t *numbers = NULL;
	int fd = -EOPNOTSUPP;
	long created;

	if (program && lt_uprobe_multi(opts))
		fd = lt_program_load_as(link->object, program, &multi_ops, program->target, NULL);
	if (fd < 0)
		return fd;
	attr.prog_fd = (uint32_t)fd;
	if (link->numbered) {
		numbers = lt_place_numbers(count);
		if (!numbers)
			return -ENOMEM;
		attr.cookies = (uint64_t)(uintptr_t)numbers;
	}
	created = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	fd = created < 0 ? -errno : (int)created;
	free(numbers);
	return fd < 0 ? fd : lt_link_add_fd(link, fd);
}
