/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_COMPILE_RESULT_H
#define LT_TRACE_COMPILE_RESULT_H
#include "../luatrace.h"

/* How luatrace-cc ended, and the memory files that it wrote. */
struct compile_outcome {
	int status;	/* of waitpid(2) */
	int out_fd, messages_fd;
	uint64_t most;	/* bytes of the result that are taken */
};

/* See lt_compile(). */
int lt_compile_result(const struct compile_outcome *outcome, lt_blob *out, lt_blob *messages, lt_error *err);
#endif
