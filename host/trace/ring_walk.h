/* SPDX-License-Identifier: MIT
 *
 * Walking a BPF ring buffer's memory, which is mapped twice in a row so that no record wraps.
 */
#ifndef LT_TRACE_RING_WALK_H
#define LT_TRACE_RING_WALK_H
#include "../luatrace.h"

/* Takes records from *position to `end` until the batch is full or one is met that is still being written, and moves
 * *position past them. `size` is the ring's, a power of two. Returns how many. */
int lt_ring_walk(const uint8_t *data, uint64_t size, uint64_t *position, uint64_t end, lt_batch *batch);

#endif
