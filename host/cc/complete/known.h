/* SPDX-License-Identifier: MIT
 *
 * Names that a text could have but has not: of the kernel's types, of the table beside them, of BPF helpers.
 */
#ifndef LT_CC_KNOWN_H
#define LT_CC_KNOWN_H
#include "candidates.h"
#include "frontend.h"

struct dialect_name;
struct kernel_btf;

/* Only what begins with the word at the cursor, and none where there is no word: they are a hundred thousand. */
void known_add(struct candidates *candidates, const struct kernel_btf *btf, enum frontend_place place);
/* Of the struct of that tag: what the kernel's headers call its members by macros. */
void known_add_members(struct candidates *candidates, const struct kernel_btf *btf, const char *tag);

#ifdef __cplusplus
extern "C" {
#endif
bool known_is_helper(const char *name);
/* What is documented of a name of the dialect, or NULL. */
const struct dialect_name *known_dialect(const char *name);
#ifdef __cplusplus
}
#endif
#endif
