/* SPDX-License-Identifier: MIT
 *
 * Numbers that are not known before the object is loaded: expressions in C that clang makes a relocation of.
 */
#ifndef LT_CC_RELOCATABLE_H
#define LT_CC_RELOCATABLE_H
#include "kernel/portable.h"
#include "memory.h"

/* Of a struct: members are where the kernel has them that the object is loaded in. */
#define RELOCATABLE " __attribute__((preserve_access_index))"

/* A macro for the value of `enumerator` of the enum `tag`, which is there. */
void relocatable_print_macro(const char *tag, const char *name, const char *enumerator, const char *type,
			     struct text *out);
/* The same, with an enumerator of its own in an enum of its own whose name begins with `tag`. */
void relocatable_print_number(const char *tag, const char *name, const char *enumerator, const char *type,
			      struct text *out);
#endif
