/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_CLANG_H
#define LT_CC_CLANG_H
#include "memory.h"
#include "source.h"

struct clang_job {
	int text_fd;		/* the text, a memory file */
	const char *generated;	/* slice, tracepoint structs, helpers */
	size_t generated_size;
	const struct source *source; /* which headers it includes */
	char **cflags;
	int cflag_count;
	int preprocess;		/* -E instead of bitcode */
};

/* Runs clang. Returns 0 when it accepted the text. `messages` (malloc'ed, NUL-terminated) names the text
 * LT_CC_TEXT_NAME; `output` is bitcode or preprocessed text. Ends the process when clang cannot be run or dies. */
int clang_run(const struct clang_job *job, struct text *output, struct text *messages);
#endif
