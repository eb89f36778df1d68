/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_FINISH_H
#define LT_CC_FINISH_H
#include "memory.h"

/* What LLVM's object lacks or has too much of: DWARF goes (three quarters of it, which nobody reads), BTF types are
 * deduplicated, and the lines of the text come in, which the verifier's log shows. */
void finish_object(struct text *object, const char *source, size_t source_size);
#endif
