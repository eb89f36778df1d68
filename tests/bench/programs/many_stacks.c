/* SPDX-License-Identifier: MIT
 *
 * Calls getppid COUNT times, each from a stack of its own: 14 calls deep, by one of two ways each. Stops itself before,
 * and after, so that its symbols can still be read.
 *   many_stacks COUNT
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DEPTH = 14 };

__attribute__((noinline)) void left(unsigned way, int depth);
__attribute__((noinline)) void right(unsigned way, int depth);

/* What follows each call keeps it from becoming a jump. */
static inline __attribute__((always_inline)) void on(unsigned way, int depth)
{
	if (!depth)
		syscall(SYS_getppid);
	else if (way & 1)
		left(way >> 1, depth - 1);
	else
		right(way >> 1, depth - 1);
	__asm__ volatile("" ::: "memory");
}

void left(unsigned way, int depth)
{
	on(way, depth);
	__asm__ volatile("");
}

void right(unsigned way, int depth)
{
	on(way, depth);
	__asm__ volatile("nop");
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 0;

	raise(SIGSTOP);
	for (long i = 0; i < count; i++)
		on((unsigned)i, DEPTH);
	raise(SIGSTOP);
	return 0;
}
