/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_SCRATCH_H
#define LT_CC_SCRATCH_H
#include "lower.h"

/* Runs of one program that can be interrupted by each other on one CPU without one being dropped. */
enum { SCRATCH_SLOTS = 8 };

/* Bytes of locals, whatever their lifetimes, of the function that has most. */
unsigned long long largest_frame(struct lowering *lowering);
/* Bytes of one function's locals. */
unsigned long long frame_of(struct lowering *lowering, LLVMValueRef function);
/* callee_room.c: in each function that calls others, adds a local of the size that their frames need. True: there was
 * one. For a copy that is only made to see whether it fits. */
bool leave_callee_room(struct lowering *lowering);
/* Moves locals, the largest first, until each function has at most `budget` bytes of them. After optimisation. */
void move_to_scratch(struct lowering *lowering, unsigned long long budget);

/* scratch_map.c: a per-CPU array `__lt_scratch_FUNCTION`, with the debug info that becomes its BTF. */
LLVMValueRef scratch_map(struct lowering *lowering, const char *function, unsigned long long entry_size,
			 unsigned entries);

/* split_fills.c: fills and copies of more bytes than BPF's code generator writes out become several. */
void split_fills(struct lowering *lowering);
#endif
