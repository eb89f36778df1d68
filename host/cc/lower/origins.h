/* SPDX-License-Identifier: MIT
 *
 * What values point to: a table by value.
 */
#ifndef LT_CC_ORIGINS_H
#define LT_CC_ORIGINS_H
#include <llvm-c/Core.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum origin_kind {
	UNSEEN,		/* nothing yet; in the end NULL and what has no value */
	CONTEXT,	/* at `offset` in a program's context, whose index is `id`; 0: its members are numbers */
	OWN,		/* memory of the program's own */
	OBJECT,		/* at `offset` in a kernel object that the verifier knows; `id` is its struct, 0 if we do not know */
	NUMBER,		/* all else */
};

struct origin {
	enum origin_kind kind;
	uint32_t id;
	int64_t offset;
};

/* Open-addressed; all zero at first. */
struct origins {
	struct origin_slot *slots;
	size_t room, count;
};

bool origin_is_same(struct origin a, struct origin b);
/* What may be either. */
struct origin origin_of_either(struct origin a, struct origin b);
struct origin origins_get(const struct origins *origins, LLVMValueRef value);
void origins_set(struct origins *origins, LLVMValueRef value, struct origin origin);
void origins_free(struct origins *origins);
#endif
