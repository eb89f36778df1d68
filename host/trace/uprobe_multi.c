/* SPDX-License-Identifier: MIT
 *
 * uprobe.multi (6.6): one link to places of a file. Also for a single one: closing a perf uprobe holds the kernel's
 * event_mutex through grace periods, so that many are closed one after the other, 50 to 80 ms each (seen on 6.18: a
 * hundred 4969 ms, as such links 160; one 71 and 23).
 */
#include "../kernel/kernel_version.h"
#include "many.h"
#include "object.h"
#include "uprobe.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/version.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers and the libbpf that this is built with. */
enum { TRACE_UPROBE_MULTI = 48, UPROBE_MULTI_RETURN = 1 };
enum { MANY_PLACES = 32 };	/* perf uprobes at so many are closed in 3 s */
struct link_create {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t count, multi_flags, pid, unused;
};

static bool jumps_to(const struct bpf_insn *insns, size_t count, size_t target)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t class = BPF_CLASS(insns[i].code), operation = BPF_OP(insns[i].code);
		bool far = class == BPF_JMP32 && operation == BPF_JA;

		if ((class == BPF_JMP || class == BPF_JMP32) && operation != BPF_CALL && operation != BPF_EXIT &&
		    (int64_t)i + 1 + (far ? insns[i].imm : insns[i].off) == (int64_t)target)
			return true;
	}
	return false;
}

/* Before 6.13, unless a distribution has mended its kernel, a program that returns 1 takes the probe out of the process
 * for good, and other numbers make the kernel complain. So only one that returns 0 in each place, as it stands
 * there. */
static bool returns_zero(const struct bpf_insn *insns, size_t count)
{
	if (lt_kernel_running_code() >= KERNEL_VERSION(6, 13, 0))
		return true;
	for (size_t i = 0; i < count; i++) {
		const struct bpf_insn *before = i ? &insns[i - 1] : NULL;

		if (insns[i].code == (BPF_JMP | BPF_CALL) && !insns[i].src_reg && insns[i].imm == BPF_FUNC_tail_call)
			return false;
		if (insns[i].code == (BPF_JMP | BPF_EXIT) &&
		    (!before || BPF_OP(before->code) != BPF_MOV || BPF_SRC(before->code) != BPF_K || before->imm ||
		     (BPF_CLASS(before->code) != BPF_ALU64 && BPF_CLASS(before->code) != BPF_ALU) || before->dst_reg ||
		     jumps_to(insns, count, i)))
			return false;
	}
	return true;
}

static const struct lt_probe_ops multi_ops = {
	.name = "uprobe.multi",
	.takes = returns_zero,
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.attach_type = TRACE_UPROBE_MULTI,
};

const struct lt_probe_ops *lt_uprobe_multi(const lt_attach_opts *opts)
{
	return opts->pid < 0 && lt_kernel_running_code() >= KERNEL_VERSION(6, 6, 0) ? &multi_ops : NULL;
}

/* Of one process only at many places, as one link. Before 6.10 it takes one thread of it alone, before 6.12 also the
 * threads of who shares its memory. And what the process forks keeps the breakpoints: a call costs it 6 us, as it
 * costs the process, where a perf uprobe takes them out of it. That is worse than to wait in the end for a few. */
static bool is_of_use(const lt_attach_opts *opts, uint32_t count)
{
	if (opts->pid < 0)
		return lt_uprobe_multi(opts);
	/* As a number here 0 is this process, as one of the kernel's it is all. */
	return opts->pid && count >= MANY_PLACES && lt_kernel_running_code() >= KERNEL_VERSION(6, 12, 0);
}

int lt_uprobe_link_multi(struct lt_link *link, const lt_attach_opts *opts, const char *path, const uint64_t *offsets,
			 uint32_t count)
{
	struct link_create attr = {
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (uint64_t)(uintptr_t)path,
		.offsets = (uint64_t)(uintptr_t)offsets,
		.count = count,
		.pid = opts->pid > 0 ? (uint32_t)opts->pid : 0,
		.multi_flags = link->ops == &lt_uretprobe_ops ? UPROBE_MULTI_RETURN : 0,
	};
	struct lt_program *program = lt_object_program_named(link->object, link->program->name, NULL);
	uint64_t *numbers = NULL;
	int fd = -EOPNOTSUPP;
	long created;

	if (program && is_of_use(opts, count))
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
