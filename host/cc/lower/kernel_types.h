/* SPDX-License-Identifier: MIT
 *
 * What the verifier knows of kernel objects: it follows pointers by the kernel's types, whatever C calls them.
 */
#ifndef LT_CC_KERNEL_TYPES_H
#define LT_CC_KERNEL_TYPES_H
#include "lower.h"
#include "kernel/btf.h"

/* The id of the first type of that kind (BTF_KIND_*) and name, or 0. It costs up to a millisecond. */
uint32_t kernel_type(const struct lowering *lowering, uint32_t kind, const char *name);

struct kernel_step {
	bool allowed;		/* a program may load that itself */
	uint32_t leads_to;	/* the struct to which what was loaded points; 0: to the verifier it is a number */
};
/* Of loading `size` bytes at `offset` in a struct. */
struct kernel_step kernel_step(const struct kernel_btf *btf, uint32_t id, int64_t offset, uint32_t size);
/* The struct to which a pointer of that type leads for the verifier, or 0. */
uint32_t kernel_pointee(const struct kernel_btf *btf, uint32_t id);

/* The u64[] or struct that a program on kernel objects gets. */
struct kernel_context {
	uint32_t kind;		/* of the type that tells of it, and its name; 0: not known */
	char name[256];
	unsigned first;		/* parameters of the prototype that are none of the program's */
	uint32_t id;		/* of the prototype or, of an iterator, of its context's struct; 0: not known */
};
/* What the program's name or section says, without `id`. */
void kernel_context_name(const struct lowering *lowering, LLVMValueRef program, struct kernel_context *context);
/* All ids in one reading of the kernel's types. */
void kernel_contexts_find(const struct lowering *lowering, struct kernel_context *contexts, uint32_t count);
enum kernel_argument { ARGUMENT_UNKNOWN, ARGUMENT_NUMBER, ARGUMENT_OBJECT, ARGUMENT_MEMORY };
/* What a program finds at `offset` of its context; of an object also its struct. */
enum kernel_argument kernel_argument(const struct kernel_btf *btf, const struct kernel_context *context,
				     int64_t offset, uint32_t *id);
/* What a kernel function that is called by name returns. */
enum kernel_argument kernel_result(const struct lowering *lowering, const char *function, uint32_t *id);
#endif
