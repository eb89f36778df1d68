/* SPDX-License-Identifier: MIT
 *
 * Stops itself, so that its readers can be told its pid; once continued, calls getppid COUNT times as fast as it can
 * and prints how many nanoseconds that took.
 *   producer COUNT
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 0;
	struct timespec start, end;

	raise(SIGSTOP);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long i = 0; i < count; i++)
		syscall(SYS_getppid);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%lld\n", (end.tv_sec - start.tv_sec) * 1000000000ll + end.tv_nsec - start.tv_nsec);
	return 0;
}
