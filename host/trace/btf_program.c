/* SPDX-License-Identifier: MIT */
#include "btf_program.h"
#include "privilege.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *lt_btf_program_function(const char *target)
{
	const char *colon = strchr(target, ':');

	return colon ? colon + 1 : target;
}

int lt_btf_program_attach(struct lt_link *link, int prog_fd, const char *target, const char *mechanism)
{
	int fd = bpf_raw_tracepoint_open(NULL, prog_fd), code;

	if (fd < 0)
		return fd;
	link->mechanism = mechanism;
	code = lt_link_add_fd(link, fd);
	return code ? code : lt_link_set_target(link, "%s", target);
}

int lt_btf_program_refused(const char *kind, const char *target, int code, const char *instead, lt_error *err)
{
	/* 524 is the kernel's own ENOTSUPP, which no libc has a name for. */
	if (code == -524)
		code = -EOPNOTSUPP;
	if (target)
		return lt_fail(err, code, "%s '%s': this kernel takes no such program there (%s); %s", kind,
			       target, strerror(-code),
			       instead);
	return lt_fail(err, code, "%s: this kernel refuses such programs (%s); %s", kind, strerror(-code), instead);
}

int lt_btf_program_supported(const struct lt_probe_ops *ops, const char *example, const char *instead, lt_error *err)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = ops->attach_type);
	char text[256];
	int id = libbpf_find_vmlinux_btf_id(example, ops->attach_type), fd;

	if (id < 0)
		return lt_fail(err, -ENOENT, "%s: this kernel has no BTF for it (is CONFIG_DEBUG_INFO_BTF "
			       "off?); a kprobe or tracepoint would do",
			       ops->name);
	opts.attach_btf_id = (uint32_t)id;
	fd = bpf_prog_load(ops->prog_type, "lt_probe", "GPL", insns, sizeof(insns) / sizeof(insns[0]), &opts);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (fd == -EPERM && lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, text, sizeof(text)))
		return lt_fail(err, fd, "%s: %s", ops->name, text);
	return lt_btf_program_refused(ops->name, NULL, fd, instead, err);
}
