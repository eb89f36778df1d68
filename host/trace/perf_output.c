/* SPDX-License-Identifier: MIT
 *
 * A perf buffer: one ring for each online CPU, put in a perf event array for the program to write to. The kernel
 * wakes a reader when much is unread, or for every record if that is asked for.
 */
#include "cpus.h"
#include "ordered.h"
#include "output.h"
#include "perf_open.h"
#include "perf_ring.h"
#include "wait.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* 128: what kernel.perf_event_mlock_kb grants everybody. Waking us takes as long for a large ring as for a small one:
 * what a larger one has more is for the time until we read. */
enum { DEFAULT_PAGES = 128, MOST_PAGES = 1 << 18, MOST_WATERMARK = 1 << 17 };

struct cpu_ring {
	struct lt_perf_ring ring;
	struct perf_event_mmap_page *control;
	int fd;
	int bell;		/* an event that writes into this ring too, and wakes us by each record; -1 */
	bool counts_lost;	/* reading the event tells what it lost (6.0) */
};

struct perf_output {
	size_t page_size;
	uint32_t pages;
	int count;
	int current;		/* the ring the last batch came from */
	bool is_ordered;
	bool wakes_each;	/* by each record, always */
	struct lt_ordered ordered;
	uint64_t until;		/* ordered: times to which this sweep hands records out */
	struct cpu_ring rings[];
};

static void close_ring(struct lt_output *output, struct perf_output *perf, struct cpu_ring *ring)
{
	if (ring->fd >= 0) {
		bpf_map_delete_elem(output->map->fd, &ring->ring.cpu);
		lt_wait_remove_fd(ring->fd);
	}
	if (ring->control)
		munmap(ring->control, (perf->pages + 1) * perf->page_size);
	if (ring->bell >= 0)
		close(ring->bell);
	if (ring->fd >= 0)
		close(ring->fd);
	free(ring->ring.scratch);
}

static void close_perf(struct lt_output *output)
{
	struct perf_output *perf = output->impl;

	for (int i = 0; perf && i < perf->count; i++)
		close_ring(output, perf, &perf->rings[i]);
	if (perf)
		lt_ordered_free(&perf->ordered);
	free(perf);
	output->impl = NULL;
}

static uint32_t watermark(const struct perf_output *perf)
{
	size_t half = perf->pages * perf->page_size / 2;

	return half < MOST_WATERMARK ? (uint32_t)half : MOST_WATERMARK;
}

/* Opens an event that wakes us by the `wakeup_events`th record, or, that being 0, when so much is unread. */
static int open_event(struct cpu_ring *ring, const struct perf_output *perf, uint32_t wakeup_events)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.read_format = PERF_FORMAT_LOST,
		.wakeup_events = wakeup_events,
	};
	int fd;

	if (perf->is_ordered) {
		attr.sample_type |= PERF_SAMPLE_TIME;
		attr.use_clockid = 1;
		attr.clockid = CLOCK_MONOTONIC;
	}
	if (!wakeup_events) {
		attr.watermark = 1;
		attr.wakeup_watermark = watermark(perf);
	}
	fd = lt_perf_open(&attr, -1, ring->ring.cpu);
	ring->counts_lost = fd >= 0;
	if (fd == -EINVAL) {
		attr.read_format = 0;
		fd = lt_perf_open(&attr, -1, ring->ring.cpu);
	}
	return fd;
}

static int map_ring(struct cpu_ring *ring, const struct perf_output *perf)
{
	size_t size = (perf->pages + 1) * perf->page_size;
	uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	ring->control = (struct perf_event_mmap_page *)memory;
	ring->ring.data = memory + perf->page_size;
	ring->ring.size = perf->pages * perf->page_size;
	return 0;
}

/* Has programs on that CPU submit by this event. */
static int submit_by(const struct lt_output *output, const struct cpu_ring *ring, int fd)
{
	return bpf_map_update_elem(output->map->fd, &ring->ring.cpu, &fd, BPF_ANY);
}

static int explain(const struct lt_output *output, const struct perf_output *perf, int32_t cpu, int code,
		   lt_error *err)
{
	const char *name = output->map->name;
	char text[256];

	if (code == -EPERM || code == -EACCES) {
		/* Memory for rings beyond perf_event_mlock_kb is another privilege than the event itself. */
		if (perf->pages > DEFAULT_PAGES)
			return lt_fail(err, code, "output '%s': rings of %u pages are not permitted; use fewer "
				       "pages, or raise kernel.perf_event_mlock_kb",
				       name, perf->pages);
		lt_perf_privilege(text, sizeof(text));
		return lt_fail(err, code, "output '%s': %s", name, text);
	}
	if (code == -ENOMEM)
		return lt_fail(err, code, "output '%s': no memory for a ring of %u pages on CPU %d; use fewer "
			       "pages", name,
			       perf->pages, cpu);
	if (code == -E2BIG)
		return lt_fail(err, code, "output '%s': the map has %u entries, too few for CPU %d", name,
			       output->map->max_entries, cpu);
	return lt_fail(err, code, "output '%s': no ring on CPU %d: %s", name, cpu, strerror(-code));
}

static int open_ring(struct lt_output *output, const struct perf_output *perf, struct cpu_ring *ring,
		     const lt_output_opts *opts, lt_error *err)
{
	int code;

	ring->fd = open_event(ring, perf, opts->wakeup_events);
	code = ring->fd < 0 ? ring->fd : 0;
	/* It went offline since the list was read. */
	if (code == -ENODEV)
		return 0;
	if (!code)
		code = map_ring(ring, perf);
	if (!code)
		code = lt_wait_add_fd(ring->fd, LT_WAIT_RING);
	if (!code)
		code = submit_by(output, ring, ring->fd);
	if (!code && ioctl(ring->fd, PERF_EVENT_IOC_ENABLE, 0))
		code = -errno;
	if (!code)
		lt_output_lost_from_now(output, (uint32_t)ring->ring.cpu % LT_LOST_SLOTS);
	return code ? explain(output, perf, ring->ring.cpu, code, err) : 0;
}

static int check_pages(const char *name, uint32_t pages, lt_error *err)
{
	uint32_t next = 1;

	if (pages > MOST_PAGES)
		return lt_fail(err, -EINVAL, "output '%s': page_cnt %u is more than the %u a ring can have",
			       name, pages,
			       (uint32_t)MOST_PAGES);
	while (next < pages)
		next *= 2;
	if (next != pages)
		return lt_fail(err, -EINVAL, "output '%s': page_cnt %u is not a power of two; %u is the next "
			       "one", name, pages,
			       next);
	return 0;
}

static int open_perf(struct lt_output *output, const lt_output_opts *opts, lt_error *err)
{
	uint32_t pages = opts->page_count ? opts->page_count : DEFAULT_PAGES;
	int code = check_pages(output->map->name, pages, err), count;
	struct perf_output *perf;
	int32_t *cpus;

	if (code)
		return code;
	count = lt_cpus_online(&cpus);
	if (count < 0)
		return lt_fail(err, count, "output '%s': can't read the list of CPUs: %s", output->map->name,
			       strerror(-count));
	perf = calloc(1, sizeof(*perf) + (size_t)count * sizeof(struct cpu_ring));
	output->impl = perf;
	if (!perf) {
		free(cpus);
		return lt_fail(err, -ENOMEM, "output '%s': out of memory", output->map->name);
	}
	perf->page_size = (size_t)sysconf(_SC_PAGESIZE);
	perf->pages = pages;
	perf->count = count;
	perf->is_ordered = opts->ordered;
	perf->wakes_each = opts->wakeup_events == 1;
	for (int i = 0; i < count; i++) {
		perf->rings[i].fd = perf->rings[i].bell = -1;
		perf->rings[i].ring.cpu = cpus[i];
		perf->rings[i].ring.timed = perf->is_ordered;
	}
	for (int i = 0; i < count && !code; i++)
		code = open_ring(output, perf, &perf->rings[i], opts, err);
	free(cpus);
	return code;
}

/* What the last batch took from this ring is done with. */
static void give_back(struct cpu_ring *ring)
{
	__atomic_store_n(&ring->control->data_tail, ring->ring.tail, __ATOMIC_RELEASE);
}

/* All that lies in one ring goes to where it is put in order. */
static void collect(struct perf_output *perf, struct cpu_ring *ring)
{
	lt_batch batch;
	int count;

	while ((count = lt_perf_ring_fill(&ring->ring, &batch)) > 0) {
		for (int i = 0; i < count; i++)
			if (lt_ordered_add(&perf->ordered, lt_perf_record_time(&batch.records[i]), &batch.records[i]))
				ring->ring.lost++;
		give_back(ring);
	}
	give_back(ring);
}

static void begin_sweep(struct lt_output *output)
{
	struct perf_output *perf = output->impl;

	/* Read before the first ring is: whatever comes into a ring after it was looked at is younger than this. */
	perf->until = lt_now() - LT_ORDERED_SETTLE_NS;
	perf->current = 0;
	lt_ordered_begin(&perf->ordered);
	for (int i = 0; i < perf->count; i++) {
		struct cpu_ring *each = &perf->rings[i];

		if (!each->control)
			continue;
		each->ring.head = __atomic_load_n(&each->control->data_head, __ATOMIC_ACQUIRE);
		if (perf->is_ordered)
			collect(perf, each);
	}
	lt_ordered_sort(&perf->ordered);
}

static int fill(struct lt_output *output, lt_batch *batch, bool all)
{
	struct perf_output *perf = output->impl;

	if (perf->is_ordered)
		return lt_ordered_take(&perf->ordered, all ? UINT64_MAX : perf->until, batch);
	for (; perf->current < perf->count; perf->current++) {
		struct cpu_ring *each = &perf->rings[perf->current];
		int count;

		if (!each->control)
			continue;
		give_back(each);
		count = lt_perf_ring_fill(&each->ring, batch);
		if (count)
			return count;
		give_back(each);
	}
	return 0;
}

static int open_bell(struct cpu_ring *ring, const struct perf_output *perf)
{
	int code = 0;

	if (ring->bell >= 0)
		return 0;
	ring->bell = open_event(ring, perf, 1);
	if (ring->bell < 0)
		return ring->bell;
	if (ioctl(ring->bell, PERF_EVENT_IOC_SET_OUTPUT, ring->fd)) {
		code = -errno;
		close(ring->bell);
		ring->bell = -1;
	}
	return code;
}

static int doze(struct lt_output *output, bool on)
{
	struct perf_output *perf = output->impl;
	int code = 0;

	for (int i = 0; i < perf->count && !perf->wakes_each && !code; i++) {
		struct cpu_ring *each = &perf->rings[i];

		if (!each->control || (!on && each->bell < 0))
			continue;
		code = on ? open_bell(each, perf) : 0;
		if (!code)
			code = submit_by(output, each, on ? each->bell : each->fd);
	}
	return code;
}

/* What an event lost: its count comes first. */
static uint64_t lost_of(int fd)
{
	uint64_t values[2];

	return fd >= 0 && read(fd, values, sizeof(values)) == (ssize_t)sizeof(values) ? values[1] : 0;
}

static uint64_t lost(struct lt_output *output)
{
	const struct perf_output *perf = output->impl;
	uint64_t sum = 0;

	for (int i = 0; i < perf->count; i++) {
		const struct cpu_ring *each = &perf->rings[i];
		/* A LOST record comes only with the next record that fits; the event knows at once. Where the dialect
		 * counts, its counters say the same without a system call. */
		uint64_t known = !output->lost && each->counts_lost ? lost_of(each->fd) + lost_of(each->bell) : 0;

		sum += known > each->ring.lost ? known : each->ring.lost;
	}
	return sum;
}

const struct lt_output_ops lt_perf_output_ops = {
	.open = open_perf,
	.close = close_perf,
	.begin_sweep = begin_sweep,
	.fill = fill,
	.doze = doze,
	.lost = lost,
};
