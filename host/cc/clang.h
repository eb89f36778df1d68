/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_CLANG_H
#define LT_CC_CLANG_H
#include "frontend.h"
#include "memory.h"
#include "text/source.h"
#include <llvm-c/Types.h>
#include <stdbool.h>

struct clang_job {
	const struct source *source;	/* the text and which headers it includes */
	const struct text *generated;	/* slice, tracepoint structs and helpers */
	char **cflags;
	int cflag_count;
	struct text *assumed;	/* as in frontend_job */
	bool preprocess;	/* -E instead of a module */
	bool complete;		/* neither */
};

struct clang_result {
	LLVMModuleRef module;		/* of the context; NULL: not asked for, or clang does not take the text */
	struct text preprocessed;
	struct text messages;		/* NUL-terminated; they name the text LT_CC_TEXT_NAME */
};

/* True if clang takes the text. */
bool clang_run(const struct clang_job *job, LLVMContextRef context, struct clang_result *result);
/* What may stand at the text's end; `messages` as in clang_result. */
void clang_complete(const struct clang_job *job, struct frontend_completion *completion, struct text *messages);
#endif
