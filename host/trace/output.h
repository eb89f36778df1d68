/* SPDX-License-Identifier: MIT
 *
 * An output is one map that carries records: a perf buffer (a ring for each CPU) or a ring buffer. What the two
 * share is here; each is an ops table in a file of its own.
 */
#ifndef LT_TRACE_OUTPUT_H
#define LT_TRACE_OUTPUT_H
#include "object.h"

/* The dialect's counters of what could not be delivered: one slot of 64 bytes for each CPU, modulo 64. */
enum { LT_LOST_SLOTS = 64, LT_LOST_STRIDE = 8 };

struct lt_output {
	struct lt_object *object;
	struct lt_output *next;		/* in the object's list */
	struct lt_output *next_open;	/* in the process's, see wait.c */
	const struct lt_map *map;
	const struct lt_output_ops *ops;
	void *impl;
	uint32_t latency_ms;
	bool sweeping;
	const uint64_t *lost;		/* the dialect's counters, or NULL where the text is not of the dialect */
	uint32_t lost_slots;		/* of them, those that this machine's CPUs use */
	uint64_t lost_before[LT_LOST_SLOTS]; /* what they held when the output was opened */
};

struct lt_output_ops {
	int (*open)(struct lt_output *output, const lt_output_opts *opts, lt_error *err);
	void (*close)(struct lt_output *output);
	/* Notes how far the rings are filled: what comes later is for the next sweep. */
	void (*begin_sweep)(struct lt_output *output);
	/* Gives back the last batch and takes the next; 0: the sweep is done. `all`: see lt_output_next(). */
	int (*fill)(struct lt_output *output, lt_batch *batch, bool all);
	/* on: the next record wakes us, although it is only one; off: as it was opened. 0, or -errno: it cannot be told
	 * that, and is as before. */
	int (*doze)(struct lt_output *output, bool on);
	/* Losses as the kernel counts them, 0 where it does not. */
	uint64_t (*lost)(struct lt_output *output);
};

extern const struct lt_output_ops lt_perf_output_ops, lt_ring_buffer_ops;

/* Starts the count of one slot anew: what was lost before nobody read is not lost to this reader. */
void lt_output_lost_from_now(struct lt_output *output, uint32_t slot);

#endif
