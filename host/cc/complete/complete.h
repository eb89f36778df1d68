/* SPDX-License-Identifier: MIT
 *
 * Completion: what may stand where somebody types. A text that is being typed is broken by nature: clang gets what is
 * ahead of the word at the cursor, and what clang cannot know (names that the slice left out, as the text has not yet
 * got them) comes from the tables that the slice is made of.
 */
#ifndef LT_CC_COMPLETE_H
#define LT_CC_COMPLETE_H
#include "text/source.h"

/* `source` has its text, and is not scanned yet. */
void complete(struct source *source, size_t cursor, char **cflags, int cflag_count, struct text *out);
#endif
