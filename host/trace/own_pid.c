/* SPDX-License-Identifier: MIT
 *
 * Which process programs in the kernel see when they see this one: its number where the machine began, which a process
 * in a PID namespace is told nowhere.
 */
#include "../luatrace.h"
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

/* Before 5.14 no program can be asked; then it is the number that everybody knows, unless this is a PID namespace. */
static uint32_t known_pid(void)
{
	static const ino_t initial = 0xEFFFFFFC;	/* PROC_PID_INIT_INO */
	struct stat info;

	return !stat("/proc/self/ns/pid", &info) && info.st_ino == initial ? (uint32_t)getpid() : 0;
}

uint32_t lt_own_pid(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_pid_tgid },
		{ .code = BPF_ALU64 | BPF_RSH | BPF_K, .dst_reg = BPF_REG_0, .imm = 32 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int fd = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "lt_own_pid", "GPL", insns, sizeof(insns) / sizeof(insns[0]), &opts);
	int code;

	if (fd < 0)
		return known_pid();
	code = bpf_prog_test_run_opts(fd, &run);
	close(fd);
	return code ? 0 : run.retval;
}
