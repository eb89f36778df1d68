/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_CLANG_H
#define LT_CC_CLANG_H
#include "memory.h"
#include "text/source.h"
#include <sys/types.h>

struct clang_job {
	int text_fd;		/* the text, a memory file */
	const struct source *source; /* which headers it includes */
	char **cflags;
	int cflag_count;
	int preprocess;		/* -E instead of bitcode */
};

struct clang_run {
	pid_t child;
	int text_fd, generated_fd, output_fd, messages_fd;
};

/* Starts clang, which is half of its time busy with getting itself into memory: what is generated for the text comes
 * later. Ends the process when clang cannot be started. */
void clang_start(struct clang_run *run, const struct clang_job *job);
/* Gives it slice, tracepoint structs and helpers, and waits. Returns 0 when it accepted the text. `messages`
 * (malloc'ed, NUL-terminated) names the text LT_CC_TEXT_NAME; `output` is bitcode or preprocessed text. Ends the
 * process when clang dies. */
int clang_finish(struct clang_run *run, const struct text *generated, struct text *output, struct text *messages);
#endif
