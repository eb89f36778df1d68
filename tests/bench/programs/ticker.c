/* SPDX-License-Identifier: MIT
 *
 * Opens a file every millisecond, so that whoever traces opens has something to see at once.
 *   ticker SECONDS
 */
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long left = argc > 1 ? atol(argv[1]) * 1000 : 0;
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (; left > 0; left--) {
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			close(fd);
		nanosleep(&pause, NULL);
	}
	return 0;
}
