/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_CLANG_H
#define LT_CC_CLANG_H
#include "memory.h"

struct clang_job {
	int text_fd;		/* the text, a memory file */
	const char *generated;	/* slice, tracepoint structs, helpers */
	size_t generated_size;
	const char *const *empty_headers; /* NULL-terminated "linux/x.h" that shall exist and be empty */
	char **cflags;
	int cflag_count;
	int preprocess;		/* -E instead of bitcode */
	int color;
};

/* Runs clang. Returns 0 when it accepted the text. `messages` (malloc'ed, NUL-terminated) names the text
 * LT_CC_TEXT_NAME; `output` is bitcode or preprocessed text. Ends the process when clang cannot be run or dies. */
int clang_run(const struct clang_job *job, struct text *output, struct text *messages);
#endif
