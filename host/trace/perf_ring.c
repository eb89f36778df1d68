/* SPDX-License-Identifier: MIT */
#include "perf_ring.h"
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_RECORD = 1 << 16 };	/* perf_event_header.size is a u16 */
enum { TIME_SIZE = sizeof(uint64_t) };

/* The record at the tail, in one piece. */
static const uint8_t *record_at(struct lt_perf_ring *ring, uint64_t at, uint32_t size)
{
	uint64_t offset = at & (ring->size - 1), first = ring->size - offset;

	if (size <= first)
		return ring->data + offset;
	if (!ring->scratch)
		ring->scratch = malloc(LARGEST_RECORD);
	if (!ring->scratch)
		return NULL;
	memcpy(ring->scratch, ring->data + offset, first);
	memcpy(ring->scratch + first, ring->data, size - first);
	return ring->scratch;
}

/* A sample is the header, its time if the ring is timed, the size of what the program submitted (padded by the kernel),
 * and that. */
static int take_sample(const struct lt_perf_ring *ring, const uint8_t *record, uint32_t size, lt_record *out)
{
	const uint32_t at = (uint32_t)sizeof(struct perf_event_header) + (ring->timed ? TIME_SIZE : 0);
	const uint32_t before = at + (uint32_t)sizeof(uint32_t);
	uint32_t raw;

	if (size < before)
		return 0;
	memcpy(&raw, record + at, sizeof(raw));
	out->data = record + before;
	out->size = raw < size - before ? raw : size - before;
	out->cpu = ring->cpu;
	return 1;
}

uint64_t lt_perf_record_time(const lt_record *record)
{
	uint64_t time;

	memcpy(&time, (const uint8_t *)record->data - sizeof(uint32_t) - TIME_SIZE, sizeof(time));
	return time;
}

/* The header, an id, and the number lost. */
static uint64_t lost_in(const uint8_t *record, uint32_t size)
{
	const uint32_t before = sizeof(struct perf_event_header) + sizeof(uint64_t);
	uint64_t lost = 0;

	if (size >= before + sizeof(lost))
		memcpy(&lost, record + before, sizeof(lost));
	return lost;
}

int lt_perf_ring_fill(struct lt_perf_ring *ring, lt_batch *batch)
{
	int count = 0;

	while (ring->head - ring->tail >= sizeof(struct perf_event_header) && count < LT_BATCH_RECORDS) {
		/* Records are multiples of 8, as is the ring: a header never wraps. */
		const uint8_t *record = ring->data + (ring->tail & (ring->size - 1));
		struct perf_event_header header;

		memcpy(&header, record, sizeof(header));
		/* The kernel never writes such a thing; should somebody else have, nothing after it can be found. */
		if (header.size < sizeof(header) || header.size % 8 || header.size > ring->head - ring->tail) {
			ring->tail = ring->head;
			break;
		}
		record = record_at(ring, ring->tail, header.size);
		ring->tail += header.size;
		if (!record)
			ring->lost++;
		else if (header.type == PERF_RECORD_SAMPLE)
			count += take_sample(ring, record, header.size, &batch->records[count]);
		else if (header.type == PERF_RECORD_LOST)
			ring->lost += lost_in(record, header.size);
	}
	return count;
}
