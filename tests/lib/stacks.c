/* SPDX-License-Identifier: MIT */
/*
 * A stack to put names to: main calls code that a JIT made, which calls a function of C++, which calls one of Rust in each
 * of its two manglings, which calls stacks_inner().
 *   stacks [--container] COUNT
 * Prints its pid and the address of stacks_inner() in memory, waits for a line on stdin, makes COUNT such calls, prints
 * `done COUNT`, waits for a second line and ends. In a container it has mount and PID namespaces and a /tmp of its own;
 * the pid printed is that outside.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#define KEPT __attribute__((noinline, used))

KEPT void stacks_inner(int i);
KEPT void rust_v0(int i) __asm__("_RINvNtC6stacks3jit3runhEB4_");
KEPT void rust_legacy(int i) __asm__("_ZN6stacks3jit15Runner$LT$T$GT$3run17h0123456789abcdefE");
KEPT void cxx(int i) __asm__("_ZN6stacks6Runner3runEi");

/* What follows each call keeps it from becoming a jump. */
void stacks_inner(int i)
{
	__asm__ volatile("" : : "r"(i) : "memory");
}

void rust_v0(int i)
{
	stacks_inner(i);
	__asm__ volatile("" ::: "memory");
}

void rust_legacy(int i)
{
	rust_v0(i);
	__asm__ volatile("" ::: "memory");
}

void cxx(int i)
{
	rust_legacy(i);
	__asm__ volatile("" ::: "memory");
}

static void die(const char *what)
{
	fprintf(stderr, "stacks: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* f(i, g): calls g(i), with a frame pointer. */
static const unsigned char code[] = {
#if defined(__x86_64__)
	0x55, 0x48, 0x89, 0xe5, 0xff, 0xd6, 0x5d, 0xc3,
#elif defined(__aarch64__)
	0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91, 0x20, 0x00, 0x3f, 0xd6, 0xfd, 0x7b, 0xc1, 0xa8, 0xc0, 0x03, 0x5f, 0xd6,
#endif
};

typedef void jit_fn(int i, void (*g)(int i));

/* The name tries to be two frames and to paint the terminal. */
static jit_fn *make_jit(char *map_path, size_t size)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FILE *map;

	if (page == MAP_FAILED)
		die("mmap");
	memcpy(page, code, sizeof(code));
	__builtin___clear_cache(page, (char *)page + sizeof(code));
	snprintf(map_path, size, "/tmp/perf-%d.map", (int)getpid());
	unlink(map_path);
	map = fopen(map_path, "we");
	if (!map)
		die(map_path);
	fprintf(map, "%lx %zx js:run;\x1b[1m a.js:7\n", (unsigned long)page, sizeof(code));
	fclose(map);
	return page;
}

static int wait_for_line(void)
{
	ssize_t got;
	char c;

	do
		got = read(0, &c, 1);
	while (got == 1 && c != '\n');
	return got == 1;
}

static void enter_container(void)
{
	int told[2], status;
	pid_t pid;
	char c;

	if (pipe(told) || unshare(CLONE_NEWNS | CLONE_NEWPID))
		die("unshare");
	pid = fork();
	if (pid < 0)
		die("fork");
	close(told[!pid]);
	if (pid) {
		printf("%d ", (int)pid);
		close(told[1]);
		waitpid(pid, &status, 0);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Its pid out here comes first, and is not known in there. */
	if (read(told[0], &c, 1))
		die("read");
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("none", "/tmp", "tmpfs", 0, NULL))
		die("mount");
}

int main(int argc, char **argv)
{
	int container = argc > 1 && !strcmp(argv[1], "--container");
	long count = argc == 2 + container ? strtol(argv[1 + container], NULL, 10) : 0;
	char map_path[64];
	jit_fn *jit;

	if (count <= 0) {
		fprintf(stderr, "usage: stacks [--container] COUNT\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	if (container)
		enter_container();
	else
		printf("%d ", (int)getpid());
	jit = make_jit(map_path, sizeof(map_path));
	printf("%lx\n", (unsigned long)stacks_inner);
	if (!wait_for_line())
		return 1;
	for (long i = 0; i < count; i++)
		jit((int)i, cxx);
	printf("done %ld\n", count);
	if (!wait_for_line())
		return 1;
	unlink(map_path);
	return 0;
}
