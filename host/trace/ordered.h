/* SPDX-License-Identifier: MIT
 *
 * Records of several rings, kept until they can be handed out in the order of their times. It knows only memory.
 */
#ifndef LT_TRACE_ORDERED_H
#define LT_TRACE_ORDERED_H
#include "../luatrace.h"

/* How old a record has to be. A program's record gets its time before it is in the ring; by then it is there, unless
 * the CPU stood still for that long in between. */
#define LT_ORDERED_SETTLE_NS 10000000ull

struct lt_ordered_entry {
	uint64_t time;		/* ns */
	uint64_t sequence;	/* among equal times the one that was added first comes first */
	uint64_t offset;	/* in the bytes */
	uint32_t size;
	int32_t cpu;
};

/* Zeroed, it is empty. */
struct lt_ordered {
	struct lt_ordered_entry *entries;
	uint64_t count, room;
	uint64_t next;		/* the first that was not handed out */
	uint8_t *bytes;
	uint64_t byte_count, byte_room;
	uint64_t sequence;
};

/* Drops what was handed out. Before records are added. */
void lt_ordered_begin(struct lt_ordered *ordered);
/* Copies a record. 0 or -ENOMEM. */
int lt_ordered_add(struct lt_ordered *ordered, uint64_t time, const lt_record *record);
/* After records were added. */
void lt_ordered_sort(struct lt_ordered *ordered);
/* Hands out records with times up to `until`, at most a batch; they are valid until the next lt_ordered_begin().
 * Returns how many. */
int lt_ordered_take(struct lt_ordered *ordered, uint64_t until, lt_batch *batch);
void lt_ordered_free(struct lt_ordered *ordered);
#endif
