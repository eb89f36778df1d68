/* SPDX-License-Identifier: MIT
 *
 * What one try at a text has to tell besides clang's messages: shown when it was the last one.
 */
#ifndef LT_CC_NOTES_H
#define LT_CC_NOTES_H
#include "memory.h"
#include <stdbool.h>

struct notes {
	bool verbose;
	struct text lines;
};

/* "note: …", kept only with -v. */
void notes_note(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same without -v: it helps with an error. */
void notes_always(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "warning: …" */
void notes_warn(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void notes_clear(struct notes *notes);
#endif
