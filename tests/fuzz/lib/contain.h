/* SPDX-License-Identifier: MIT
 *
 * The target's side of seam.h.
 */
#ifndef LT_FUZZ_CONTAIN_H
#define LT_FUZZ_CONTAIN_H
#include "check.h"
#include <stdbool.h>

/* Runs `body`, which may die. False if it did. What it allocated lives until contain_end(). */
bool contain(void (*body)(void *argument), void *argument);
/* What went to stderr since contain_end(). */
const char *contained_messages(void);
void contain_end(void);

#endif
