/* SPDX-License-Identifier: MIT
 *
 * One try at a text: what is put ahead of it, and what clang's errors teach for the next.
 */
#ifndef LT_CC_ATTEMPT_H
#define LT_CC_ATTEMPT_H
#include "memory.h"
#include "text/source.h"
#include <stdbool.h>

enum { ATTEMPT_MOST = 5 };

/* Loads the kernel's types into `btf` the first time. */
void attempt_generate(struct source *source, struct kernel_btf *btf, struct text *generated);
/* Clang refused the text: whether that taught something, so that another try may succeed. */
bool attempt_learn(struct source *source, const struct kernel_btf *btf, const char *messages);
#endif
