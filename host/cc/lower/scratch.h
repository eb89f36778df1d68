/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_SCRATCH_H
#define LT_CC_SCRATCH_H
#include "lower.h"

/* Runs of one program that can be interrupted by each other on one CPU without one being dropped. */
enum { SCRATCH_SLOTS = 8 };

/* Bytes of a function's locals, whatever their lifetimes. */
unsigned long long frame_of(struct lowering *lowering, LLVMValueRef function);
/* callee_room.c: the same of the functions that call each other and have most. */
unsigned long long deepest_frames(struct lowering *lowering);
/* In each function that calls others, adds a local of the size that their frames need. True: there was one. For a copy
 * that is only made to see whether it fits. */
bool leave_callee_room(struct lowering *lowering);
/* Moves locals, the largest first, until each function has at most `budget` bytes of them. After optimisation. */
void move_to_scratch(struct lowering *lowering, unsigned long long budget);

/* scratch_map.c: a per-CPU array `__lt_scratch_FUNCTION`, with the debug info that becomes its BTF. */
LLVMValueRef scratch_map(struct lowering *lowering, const char *function, unsigned long long entry_size,
			 unsigned entries);

/* split_fills.c: fills and copies of more bytes than BPF's code generator writes out become several. */
void split_fills(struct lowering *lowering);
#endif
