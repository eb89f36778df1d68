/* SPDX-License-Identifier: MIT
 *
 * A ring buffer: one ring for all CPUs. Its first page, the reader's position, is ours to write; the producer's
 * position and the data follow, read-only. When to wake the reader is the producer's choice: the dialect's programs
 * look it up in a variable.
 */
#include "output.h"
#include "ring_walk.h"
#include "wait.h"
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

struct ring_buffer {
	uint64_t *consumer;
	const uint64_t *producer;
	const uint8_t *data;
	uint64_t size;
	size_t page_size;
	uint64_t position;	/* what was handed out ends here */
	uint64_t end;		/* the producer's position at the sweep's beginning */
	uint64_t *wake;		/* we are woken at each multiple of this, a power of two, or 0; or NULL */
	uint64_t usual_wake;
};
/* By every record, whatever flags the text passes: see __lt_ring_flags() in bpf/dialect/outputs.h. */
enum { WAKE_SLEEPER = 1 };

int lt_ring_walk(const uint8_t *data, uint64_t size, uint64_t *position, uint64_t end, lt_batch *batch)
{
	int count = 0;

	while (*position < end && count < LT_BATCH_RECORDS) {
		const uint8_t *record = data + (*position & (size - 1));
		/* The busy bit is cleared when the record is complete: what follows may be read only then. */
		uint32_t header = __atomic_load_n((const uint32_t *)(const void *)record, __ATOMIC_ACQUIRE);
		uint32_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (header & BPF_RINGBUF_BUSY_BIT)
			break;
		/* The kernel never writes such a thing; should somebody else have, nothing after it can be found. */
		if (length + (uint64_t)BPF_RINGBUF_HDR_SZ > end - *position) {
			*position = end;
			break;
		}
		*position += (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
		if (header & BPF_RINGBUF_DISCARD_BIT)
			continue;
		batch->records[count].data = record + BPF_RINGBUF_HDR_SZ;
		batch->records[count].size = length;
		batch->records[count].cpu = -1;
		count++;
	}
	return count;
}

static void set_wake(const struct ring_buffer *ring, uint64_t wake)
{
	if (ring->wake)
		__atomic_store_n(ring->wake, wake, __ATOMIC_RELAXED);
}

static void close_ring(struct lt_output *output)
{
	struct ring_buffer *ring = output->impl;

	if (!ring)
		return;
	set_wake(ring, UINT64_MAX);	/* nobody to wake any more */
	lt_wait_remove_fd(output->map->fd);
	if (ring->consumer)
		munmap(ring->consumer, ring->page_size);
	if (ring->producer)
		munmap((void *)(uintptr_t)ring->producer, ring->page_size + 2 * ring->size);
	free(ring);
	output->impl = NULL;
}

static int map_ring(const struct lt_output *output, struct ring_buffer *ring)
{
	void *memory = mmap(NULL, ring->page_size, PROT_READ | PROT_WRITE, MAP_SHARED, output->map->fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	ring->consumer = memory;
	memory = mmap(NULL, ring->page_size + 2 * ring->size, PROT_READ, MAP_SHARED, output->map->fd,
		      (off_t)ring->page_size);
	if (memory == MAP_FAILED)
		return -errno;
	ring->producer = memory;
	ring->data = (const uint8_t *)memory + ring->page_size;
	ring->position = __atomic_load_n(ring->consumer, __ATOMIC_RELAXED);
	return 0;
}

static int open_ring(struct lt_output *output, const lt_output_opts *opts, lt_error *err)
{
	struct ring_buffer *ring = calloc(1, sizeof(*ring));
	char variable[256];
	int code;

	output->impl = ring;
	if (!ring)
		return lt_fail(err, -ENOMEM, "output '%s': out of memory", output->map->name);
	ring->page_size = (size_t)sysconf(_SC_PAGESIZE);
	ring->size = output->map->max_entries;
	code = map_ring(output, ring);
	if (!code)
		code = lt_wait_add_fd(output->map->fd, LT_WAIT_RING);
	if (code)
		return lt_fail(err, code, "output '%s': can't map the ring buffer: %s", output->map->name,
			       strerror(-code));
	snprintf(variable, sizeof(variable), "__lt_wake_%s", output->map->name);
	ring->wake = lt_object_global(output->object, variable, sizeof(*ring->wake));
	ring->usual_wake = opts->wakeup_events ? 0 : ring->size / 4;
	set_wake(ring, ring->usual_wake);
	return 0;
}

static void begin_sweep(struct lt_output *output)
{
	struct ring_buffer *ring = output->impl;

	ring->end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

static int fill(struct lt_output *output, lt_batch *batch, bool all)
{
	struct ring_buffer *ring = output->impl;
	int count;

	(void)all;	/* nothing is ever held back: it is in order */
	__atomic_store_n(ring->consumer, ring->position, __ATOMIC_RELEASE);
	count = lt_ring_walk(ring->data, ring->size, &ring->position, ring->end, batch);
	if (!count)
		__atomic_store_n(ring->consumer, ring->position, __ATOMIC_RELEASE);
	return count;
}

static int doze(struct lt_output *output, bool on)
{
	const struct ring_buffer *ring = output->impl;

	/* A text that is not the dialect's wakes us as it likes. */
	set_wake(ring, on ? WAKE_SLEEPER : ring->usual_wake);
	return ring->wake ? 0 : -ENOTSUP;
}

static uint64_t lost(struct lt_output *output)
{
	/* The kernel has no count of its own. */
	(void)output;
	return 0;
}

const struct lt_output_ops lt_ring_buffer_ops = {
	.open = open_ring,
	.close = close_ring,
	.begin_sweep = begin_sweep,
	.fill = fill,
	.doze = doze,
	.lost = lost,
};
