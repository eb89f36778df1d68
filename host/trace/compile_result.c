/* SPDX-License-Identifier: MIT
 *
 * What came of a compile: the object, or one sentence of what luatrace-cc said and how it ended.
 */
#include "compile_result.h"
#include "../compile_protocol.h"
#include "../error.h"
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGES_MAX = 1 << 20 };

/* NUL-terminated beyond its size. Copied, for the child's mapping of the file would stay writable. */
static int read_memory_file(int fd, uint64_t most, lt_blob *out)
{
	struct stat info;
	char *data;
	uint64_t size, done = 0;

	if (fstat(fd, &info))
		return -errno;
	size = (uint64_t)info.st_size < most ? (uint64_t)info.st_size : most;
	data = malloc(size + 1);
	if (!data)
		return -ENOMEM;
	while (done < size) {
		ssize_t got = pread(fd, data + done, size - done, done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += got;
	}
	data[done] = '\0';
	*out = (lt_blob){ data, done };
	return 0;
}

/* The first line with "error:", else the last line. */
static void first_error(const char *messages, char *line, size_t size)
{
	const char *from = messages, *found = strstr(messages, "error:"), *end;

	if (found) {
		from = found;
		while (from > messages && from[-1] != '\n')
			from--;
		/* luatrace-cc's own: nothing stands before "error: " */
		if (from == found)
			from += strlen("error: ");
	} else {
		end = messages + strlen(messages);
		while (end > messages && end[-1] == '\n')
			end--;
		for (from = end; from > messages && from[-1] != '\n'; from--)
			;
	}
	end = strchrnul(from, '\n');
	snprintf(line, size, "%.*s", (int)(end - from), from);
}

static bool is_out_of_memory(const char *messages)
{
	return strstr(messages, "bad_alloc") || strstr(messages, "out of memory") || strstr(messages, "Allocation failed");
}

/* Ends that a text can bring about: what the compiler's libraries said then means nothing to who wrote it. 0 for
 * others. */
static int explain_end(int number, const char *messages, lt_error *err)
{

	if (number == SIGXCPU)
		return lt_fail(err, -ETIMEDOUT, "the text takes more than %d seconds of CPU time to compile, which is the "
			       "limit; is there a macro that never ends, or a loop that is unrolled too often?",
			       LT_CC_CPU_SECONDS);
	if (is_out_of_memory(messages))
		return lt_fail(err, -ENOMEM, "the text takes more than %d MB of memory to compile, which is the limit; is "
			       "there a macro, an array or a loop that is too large?", LT_CC_MEMORY_MB);
	if (number == SIGSEGV)
		return lt_fail(err, -EIO, "luatrace-cc was ended by signal %d (%s), as by expressions or blocks that are "
			       "nested too deeply", number, strsignal(number));
	return 0;
}

int lt_compile_result(const struct compile_outcome *outcome, lt_blob *out, lt_blob *messages, lt_error *err)
{
	char line[1024];
	lt_blob text = { 0 };
	int failed = read_memory_file(outcome->messages_fd, MESSAGES_MAX, &text);

	if (failed)
		return lt_fail(err, failed, "compile: reading messages: %s", strerror(-failed));
	if (WIFEXITED(outcome->status) && !WEXITSTATUS(outcome->status)) {
		failed = read_memory_file(outcome->out_fd, outcome->most, out);
		if (failed || !text.size)
			lt_blob_free(&text);
		*messages = text;
		return failed ? lt_fail(err, failed, "compile: reading the result: %s", strerror(-failed)) : 0;
	}
	if (WIFSIGNALED(outcome->status))
		failed = explain_end(WTERMSIG(outcome->status), text.data, err);
	if (failed) {
		lt_blob_free(&text);
		return failed;
	}
	first_error(text.data, line, sizeof(line));
	if (WIFSIGNALED(outcome->status))
		failed = lt_fail(err, -EIO, "luatrace-cc was ended by signal %d (%s)%s%s", WTERMSIG(outcome->status),
				 strsignal(WTERMSIG(outcome->status)), *line ? ": " : "", line);
	else if (WEXITSTATUS(outcome->status) == 1)
		failed = lt_fail(err, -EINVAL, "%s", *line ? line : "the text does not compile");
	else
		failed = lt_fail(err, -EIO, "luatrace-cc failed with status %d%s%s", WEXITSTATUS(outcome->status),
				 *line ? ": " : "", line);
	lt_error_set_log(err, text.data);
	return failed;
}
