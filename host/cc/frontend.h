/* SPDX-License-Identifier: MIT
 *
 * clang as a library: the one place where its C++ interface is used, for it has none in C that makes a module. Made
 * for LLVM 16 to 22; what differs between them is in frontend.cpp.
 */
#ifndef LT_CC_FRONTEND_H
#define LT_CC_FRONTEND_H
#include "memory.h"
#include <llvm-c/Types.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All there is for clang to read: it sees no file of the machine's. */
struct frontend_file {
	const char *path;	/* absolute */
	const char *data;	/* NUL behind its end */
	size_t size;
};

struct frontend_job {
	const char *const *arguments;	/* of `clang -cc1`, with the file to compile */
	size_t argument_count;
	const struct frontend_file *files;
	size_t file_count;
	struct text *assumed;	/* NULL: an object for one kernel; else what one for any kernel takes for granted: lines of
				 * LT_PORTABLE_SECTION are added */
};

/* What clang says goes to `messages`. False, or no module, if it does not take the text. The module belongs to
 * `context` and is the caller's. */
LLVMModuleRef frontend_compile(const struct frontend_job *job, LLVMContextRef context, struct text *messages);
bool frontend_preprocess(const struct frontend_job *job, struct text *output, struct text *messages);

struct candidates;

enum frontend_place {
	FRONTEND_PLACE_OTHER,	/* a new name, a text: clang knows all that there is */
	FRONTEND_PLACE_MEMBER,
	FRONTEND_PLACE_TYPE,
	FRONTEND_PLACE_ANY,	/* of a statement or an expression */
	FRONTEND_PLACE_STRUCT_TAG,
	FRONTEND_PLACE_UNION_TAG,
	FRONTEND_PLACE_ENUM_TAG,
};

/* What may stand at a place in a text, as far as clang knows. */
struct frontend_completion {
	const char *path;		/* of the text's file */
	const char *our_place;		/* the directory of files that are ours */
	unsigned line, column;		/* from 1; columns are bytes */
	struct candidates *candidates;	/* are added to */
	enum frontend_place place;	/* that clang came to */
	char tag[128];			/* of the struct whose members are asked for, or "" */
	bool incomplete;		/* and it has none here */
};
void frontend_complete(const struct frontend_job *job, struct frontend_completion *completion, struct text *messages);

#ifdef __cplusplus
}
#endif
#endif
