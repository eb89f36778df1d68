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
};

/* What clang says goes to `messages`. False, or no module, if it does not take the text. The module belongs to
 * `context` and is the caller's. */
LLVMModuleRef frontend_compile(const struct frontend_job *job, LLVMContextRef context, struct text *messages);
bool frontend_preprocess(const struct frontend_job *job, struct text *output, struct text *messages);

#ifdef __cplusplus
}
#endif
#endif
