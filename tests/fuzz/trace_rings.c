/* SPDX-License-Identifier: MIT
 *
 * Rings in shared memory. Their first byte says which and how large, the second how far they have come; then the memory
 * as the kernel, or whoever writes over it, leaves it.
 */
#include "trace/perf_ring.h"
#include "trace/ring_walk.h"
#include "lib/bytes.h"
#include "lib/check.h"

enum { MOST_SWEEPS = 1000 };

static uint64_t sum;	/* so that what is read is read */

static void read_batch(const lt_batch *batch, int count)
{
	FUZZ_CHECK(count >= 0 && count <= LT_BATCH_RECORDS, "%d records", count);
	for (int i = 0; i < count; i++)
		for (uint32_t j = 0; j < batch->records[i].size; j++)
			sum += ((const uint8_t *)batch->records[i].data)[j];
}

static void read_perf_ring(uint8_t *memory, uint64_t size, uint64_t start, uint64_t length)
{
	struct lt_perf_ring ring = { .data = memory, .size = size, .tail = start, .head = start + length, .timed = start & 8 };
	static lt_batch batch;
	int count, sweeps = 0;

	while ((count = lt_perf_ring_fill(&ring, &batch))) {
		read_batch(&batch, count);
		FUZZ_CHECK(ring.tail <= ring.head && ++sweeps < MOST_SWEEPS, "it has no end");
	}
	free(ring.scratch);
}

/* The kernel maps a ring buffer's memory twice in a row. */
static void read_ring_buffer(const uint8_t *memory, uint64_t size, uint64_t start, uint64_t length)
{
	uint64_t position = start, end = start + length;
	uint8_t *twice = malloc(2 * size);
	static lt_batch batch;
	int count, sweeps = 0;

	memcpy(twice, memory, size);
	memcpy(twice + size, memory, size);
	while ((count = lt_ring_walk(twice, size, &position, end, &batch))) {
		read_batch(&batch, count);
		FUZZ_CHECK(position <= end && ++sweeps < MOST_SWEEPS, "it goes beyond its end");
	}
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, data + size };
	unsigned how = byte(&in), at = byte(&in);
	uint64_t room = 64u << (how >> 1) % 6, length = byte(&in) * 8;
	uint8_t *memory = calloc(1, room);
	size_t given = in.end - in.at;

	memcpy(memory, in.at, given < room ? given : room);
	if (length > room)
		length = room;
	/* positions only ever grow, and are multiples of 8 */
	if (how & 1)
		read_ring_buffer(memory, room, room * 3 + at * 8, length);
	else
		read_perf_ring(memory, room, room * 3 + at * 8, length);
	free(memory);
	return 0;
}
