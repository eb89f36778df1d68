/* SPDX-License-Identifier: MIT
 *
 * Stops itself, so that its readers can be told its pid; once continued, calls getppid COUNT times, as fast as it can
 * or one each NS nanoseconds, and prints how many nanoseconds that took. Then again, with the next two.
 *   producer COUNT NS [COUNT NS]...
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void produce(long count, double ns)
{
	long long start;

	raise(SIGSTOP);
	start = now();
	for (long i = 0; i < count; i++) {
		if (ns > 0)
			while (now() < start + (long long)(i * ns))
				;
		syscall(SYS_getppid);
	}
	printf("%lld\n", now() - start);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2)
		produce(atol(argv[i]), atof(argv[i + 1]));
	return 0;
}
