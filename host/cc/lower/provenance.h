/* SPDX-License-Identifier: MIT
 *
 * What pointers point to, and so what a program may do with them itself.
 */
#ifndef LT_CC_PROVENANCE_H
#define LT_CC_PROVENANCE_H
#include "kernel_types.h"
#include "origins.h"

struct provenance {
	struct lowering *lowering;
	LLVMTargetDataRef layout;
	LLVMValueRef function;		/* that is looked at, and its kind */
	enum program_context context;
	struct origins origins;
	struct kernel_context *contexts; /* the first stands for all whose members are numbers */
	uint32_t context_count;
	struct named *named;		/* what was looked for by name */
	uint32_t named_count;
	bool changed;
};

void provenance_find(struct provenance *p, struct lowering *lowering);
void provenance_release(struct provenance *p);
/* Before asking about what stands in `function`. */
void provenance_enter(struct provenance *p, LLVMValueRef function);
bool may_load(struct provenance *p, LLVMValueRef load);
/* Whether the verifier wants to see the access at a constant offset, and on which pointer. */
bool is_at_fixed_offset(struct provenance *p, LLVMValueRef pointer, LLVMValueRef *base, int64_t *offset);
bool may_copy_from(struct provenance *p, LLVMValueRef pointer);
bool may_store_to(struct provenance *p, LLVMValueRef pointer);
struct origin provenance_of(const struct provenance *p, LLVMValueRef value);
/* Of a value that came after. */
void provenance_is(struct provenance *p, LLVMValueRef value, struct origin origin);
#endif
