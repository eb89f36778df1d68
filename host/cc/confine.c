/* SPDX-License-Identifier: MIT */
#include "confine.h"
#include "compile_protocol.h"
#include "memory.h"
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534 };

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#error "luatrace knows x86-64 and arm64"
#endif

static void limit_resources(void)
{
	static const struct { int what; rlim_t most; } limits[] = {
#ifndef __SANITIZE_ADDRESS__	/* whose shadow alone is terabytes */
		{ RLIMIT_AS, (rlim_t)LT_CC_MEMORY_MB << 20 },
#endif
		{ RLIMIT_CPU, LT_CC_CPU_SECONDS },
		{ RLIMIT_FSIZE, (rlim_t)LT_CC_FILE_MB << 20 },
		{ RLIMIT_NOFILE, 512 },
		{ RLIMIT_CORE, 0 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct rlimit now, wanted = { limits[i].most, limits[i].most };

		if (!getrlimit(limits[i].what, &now) && now.rlim_max < wanted.rlim_max)
			wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
		/* at the hard limit it is SIGKILL, which does not tell why */
		else if (limits[i].what == RLIMIT_CPU)
			wanted.rlim_max += 5;
		if (setrlimit(limits[i].what, &wanted))
			die("setrlimit: %s", strerror(errno));
	}
}

/* No file at all: what it needs from the machine the parent opens for it. Memory files are not part of any file
 * system that Landlock guards. */
static void restrict_files(void)
{
	/* as kernels since 6.12 have it, whatever the header's age; older ones take the zeros they do not know */
	struct {
		uint64_t files, network, scopes;
	} handled = { .files = (1ull << 13) - 1 };
	int ruleset, abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 0)
		return; /* a kernel without Landlock; the unprivileged user still stands between */
	if (abi >= 2)
		handled.files |= 1ull << 13; /* REFER */
	if (abi >= 3)
		handled.files |= 1ull << 14; /* TRUNCATE */
	if (abi >= 4)
		handled.network = 3; /* BIND_TCP, CONNECT_TCP */
	if (abi >= 5)
		handled.files |= 1ull << 15; /* IOCTL_DEV */
	if (abi >= 6)
		handled.scopes = 3; /* ABSTRACT_UNIX_SOCKET, SIGNAL: none outside of itself */
	ruleset = syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	if (ruleset < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0))
		die("Landlock: %s", strerror(errno));
	close(ruleset);
}

/* A clone that makes a thread (clang's, for a deep text) says so in its flags; clone3's flags lie in memory, where a
 * filter does not look, so it is not there and the C library takes clone. */
static void restrict_calls(void)
{
#define DENY(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
		   BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__
		/* x32: the same calls by other numbers, which the list below does not have */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
#endif
		DENY(socket), DENY(socketpair), DENY(connect), DENY(bind), DENY(listen), DENY(accept), DENY(accept4),
		DENY(ptrace), DENY(process_vm_readv), DENY(process_vm_writev), DENY(bpf), DENY(perf_event_open),
		DENY(mount), DENY(umount2), DENY(unshare), DENY(setns), DENY(keyctl), DENY(add_key), DENY(request_key),
		DENY(io_uring_setup), DENY(userfaultfd), DENY(kill), DENY(tkill), DENY(pidfd_open),
		DENY(execve), DENY(execveat),
#ifdef __x86_64__
		DENY(fork), DENY(vfork),
#endif
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
#undef DENY
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(*filter), .filter = filter };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) && errno != EINVAL)
		die("seccomp: %s", strerror(errno));
}

static void drop_root(void)
{
	if (geteuid())
		return;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		die("giving up root: %s", strerror(errno));
}

void confine(void)
{
	pid_t parent = getppid();

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("no_new_privs: %s", strerror(errno));
	restrict_files();
	if (chdir("/"))
		die("chdir: %s", strerror(errno));
	drop_root();
	/* a change of user clears the death signal, so it comes after */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		raise(SIGKILL);
	limit_resources();
	restrict_calls();
}
