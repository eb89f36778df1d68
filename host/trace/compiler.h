/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_COMPILER_H
#define LT_TRACE_COMPILER_H
#include "../luatrace.h"
#include "compile_cache.h"
#include <stddef.h>

/* One run of luatrace-cc; see compile_protocol.h. */
struct compiler_job {
	const char *doing;	/* "compile" */
	uint32_t seconds;	/* that it may take */
	uint64_t most;		/* bytes of the result that are taken */
	const char *path;
	char **arguments;	/* NULL after the last */
	const void *input;
	uint64_t input_size;
	const lt_compile_opts *opts;	/* whose questions are answered */
	struct compile_cache *cache;
};

/* Where luatrace-cc is. */
int lt_compiler_find(char *path, size_t size, lt_error *err);
/* Those of a job, which were allocated one by one; NULL will do. */
void lt_compiler_free_arguments(char **arguments);
/* As lt_compile() has it. */
int lt_compiler_run(const struct compiler_job *job, lt_blob *out, lt_blob *messages, lt_error *err);

#endif
