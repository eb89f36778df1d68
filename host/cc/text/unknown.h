/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_UNKNOWN_H
#define LT_CC_UNKNOWN_H
#include "kernel/btf.h"
#include "notes.h"

/* For each name that clang's errors do not know: what it is, if the kernel has it as something else, or which names
 * are like it. */
void unknown_explain(const struct kernel_btf *btf, const char *messages, struct notes *notes);
#endif
