/* SPDX-License-Identifier: MIT
 *
 * Standard output: when what is written goes out.
 */
#include "stdout.h"
#include "luatrace.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe's own would be 4096 bytes, and each piece wakes its reader. */
static char buffer[1 << 16];

int lt_is_terminal(int fd)
{
	return isatty(fd);
}

/* Whoever reads along, a person or a `| grep`, gets whole lines when they are made. */
static bool is_read_along(void)
{
	struct stat info;

	return !fstat(STDOUT_FILENO, &info) &&
	       (isatty(STDOUT_FILENO) || S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode));
}

void lt_stdout_prepare(void)
{
	setvbuf(stdout, buffer, is_read_along() ? _IOLBF : _IOFBF, sizeof(buffer));
}

void lt_stdout_hold(int32_t on)
{
	static bool held;

	/* glibc takes this at any time; as the buffer is named again, what waits in it is written first. */
	if (on && __flbf(stdout)) {
		setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
		held = true;
	} else if (!on && held) {
		held = false;
		if (__fbufsize(stdout) == sizeof(buffer))
			setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
	}
}
