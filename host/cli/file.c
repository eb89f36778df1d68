/* SPDX-License-Identifier: MIT
 *
 * Files the command line reads and writes, standard streams included.
 */
#include "cli.h"
#include "../whole_file.h"
#include "../stdout.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void cli_stdio_prepare(void)
{
	/* A closed standard descriptor would be the number of the next file opened. Opened the wrong way round, so
	 * that its use still fails as on a closed one. */
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			return;
	}
	lt_stdout_prepare();
}

int cli_finish(int status)
{
	bool failed_before = ferror(stdout);
	int error;

	errno = 0;
	if (fflush(stdout) == 0 && !failed_before)
		return status;
	error = errno;
	/* Seen only where SIGPIPE's own end of the process is prevented; a reader that went away is no error. */
	if (error == EPIPE)
		return status;
	cli_error("standard output: %s", error ? strerror(error) : "a write failed, output is incomplete");
	return status ? status : CLI_FAILED;
}

static int read_all(int fd, struct cli_text *out)
{
	size_t room = 0;

	for (;;) {
		ssize_t count;

		if (room - out->size < 2) {
			char *grown = realloc(out->data, room = room ? room * 2 : 65536);

			if (!grown)
				return -ENOMEM;
			out->data = grown;
		}
		count = read(fd, out->data + out->size, room - out->size - 1);
		if (count < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		out->size += (size_t)count;
		out->data[out->size] = '\0';
		if (!count)
			return 0;
	}
}

int cli_read(const char *path, struct cli_text *out)
{
	int fd = STDIN_FILENO, rc;

	*out = (struct cli_text){ 0 };
	if (strcmp(path, "-") != 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = read_all(fd, out);
	if (fd != STDIN_FILENO)
		close(fd);
	if (rc) {
		free(out->data);
		*out = (struct cli_text){ 0 };
	}
	return rc;
}

int cli_write(const char *path, const void *data, size_t size)
{
	int rc;

	if (strcmp(path, "-") == 0) {
		if (fwrite(data, 1, size, stdout) == size && !fflush(stdout))
			return 0;
		rc = -errno;
		__fpurge(stdout);	/* reported once: not again by cli_finish() */
		clearerr(stdout);
		return rc;
	}
	return lt_whole_file_write(path, data, size);
}
