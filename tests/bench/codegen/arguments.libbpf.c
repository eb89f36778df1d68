/* SPDX-License-Identifier: MIT */
#include "hand.h"

struct event {
	__u32 pid;
	__u32 flags;
	__u32 mode;
	int dirfd;
	char comm[16];
	char path[128];
};
PERF_OUTPUT(events);

/* _CORE: as libbpf names the macros that read the registers of a wrapped system call. */
SEC("kprobe")
int on_open(struct pt_regs *ctx)
{
	struct pt_regs *registers = (struct pt_regs *)PT_REGS_PARM1(ctx);
	struct event e = {};

	e.pid = bpf_get_current_pid_tgid() >> 32;
	e.dirfd = PT_REGS_PARM1_CORE_SYSCALL(registers);
	e.flags = PT_REGS_PARM3_CORE_SYSCALL(registers);
	e.mode = PT_REGS_PARM4_CORE_SYSCALL(registers);
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	bpf_probe_read_user_str(&e.path, sizeof(e.path), (const char *)PT_REGS_PARM2_CORE_SYSCALL(registers));
	lost(bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e)));
	return 0;
}
