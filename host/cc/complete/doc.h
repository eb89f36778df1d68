/* SPDX-License-Identifier: MIT
 *
 * Documentation that a file has of a name: the comment ahead of its definition, or the one behind it in its line.
 */
#ifndef LT_CC_DOC_H
#define LT_CC_DOC_H
#include "memory.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of what is defined at `at` in a file's text; nothing is added to `doc` if there is none. */
void doc_of_definition(const char *file, size_t size, size_t at, const char *name, struct text *doc);
#ifdef __cplusplus
}
#endif
#endif
