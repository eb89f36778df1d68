/* SPDX-License-Identifier: MIT
 *
 * Walking one perf ring. It knows only memory, so that a test can make a ring of its own.
 */
#ifndef LT_TRACE_PERF_RING_H
#define LT_TRACE_PERF_RING_H
#include "../luatrace.h"
#include <stdbool.h>

struct lt_perf_ring {
	const uint8_t *data;
	uint64_t size;		/* bytes, a power of two */
	uint64_t tail;		/* what was handed out and is no longer needed ends here */
	uint64_t head;		/* as of the sweep's beginning */
	int32_t cpu;
	bool timed;		/* samples have a time: lt_perf_record_time() */
	uint64_t lost;		/* sum of the kernel's LOST records */
	uint8_t *scratch;	/* room for the one record of a pass that wraps around; made when needed */
};

/* Takes records from tail to head until the batch is full, and moves the tail past them. Their memory may be given
 * back to the kernel once the batch is done with. Returns how many are in the batch. */
int lt_perf_ring_fill(struct lt_perf_ring *ring, lt_batch *batch);
/* The time (ns) of a record of a timed ring. */
uint64_t lt_perf_record_time(const lt_record *record);

#endif
