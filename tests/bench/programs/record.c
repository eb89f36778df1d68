/* SPDX-License-Identifier: MIT
 *
 * record.lua as a C program of libbpf's kind.
 *   record OBJECT PID perf|ring|print PAGES [batched]
 * `print` writes a line for each record. Without `batched` the kernel wakes it as libbpf asks by default, else when half
 * of a buffer is full.
 */
#include "record.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POLL_MS = 50 };

static uint64_t handled, sum;
static bool prints;
static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static void print(const void *record)
{
	const struct line *line = record;

	printf("%-16llu %-7u %-16s %u\n", line->ns, line->pid, line->comm, line->number);
}

static void handle(const void *record)
{
	/* a perf record lies at 4 mod 8: enough for what it holds */
	const struct event *e = record;

	handled++;
	if (prints)
		print(record);
	else
		sum += e->pid;
}

static void on_sample(void *context, int cpu, void *data, uint32_t size)
{
	(void)context, (void)cpu, (void)size;
	handle(data);
}

static enum bpf_perf_event_ret on_raw(void *context, int cpu, struct perf_event_header *header)
{
	(void)context, (void)cpu;
	if (header->type == PERF_RECORD_SAMPLE)
		handle((const char *)(header + 1) + sizeof(uint32_t));
	return LIBBPF_PERF_EVENT_CONT;
}

static int on_ring(void *context, void *data, size_t size)
{
	(void)context, (void)size;
	handle(data);
	return 0;
}

static void die(const char *what)
{
	fprintf(stderr, "record: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}

static struct perf_buffer *open_perf(int fd, unsigned pages, bool batched)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.watermark = 1,
		.wakeup_watermark = pages * (unsigned)getpagesize() / 2,
	};

	if (batched)
		return perf_buffer__new_raw(fd, pages, &attr, on_raw, NULL, NULL);
	return perf_buffer__new(fd, pages, on_sample, NULL, NULL, NULL);
}

static void read_perf(int fd, unsigned pages, bool batched)
{
	struct perf_buffer *buffer = open_perf(fd, pages, batched);

	if (!buffer)
		die("perf buffer");
	say_ready();
	while (!stopped) {
		if (perf_buffer__poll(buffer, POLL_MS) < 0 && errno != EINTR)
			die("poll");
		/* below its watermark a ring says nothing */
		if (batched)
			perf_buffer__consume(buffer);
	}
	perf_buffer__free(buffer);
}

static void read_ring(int fd, bool batched)
{
	struct ring_buffer *buffer = ring_buffer__new(fd, on_ring, NULL, NULL);

	if (!buffer)
		die("ring buffer");
	say_ready();
	while (!stopped) {
		if (ring_buffer__poll(buffer, POLL_MS) < 0 && errno != EINTR)
			die("poll");
		if (batched)
			ring_buffer__consume(buffer);
	}
	ring_buffer__free(buffer);
}

/* Finds a map of global variables by the end of its name. */
static struct bpf_map *section(struct bpf_object *object, const char *suffix)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		if (strstr(bpf_map__name(map), suffix))
			return map;
	errno = ENOENT;
	die(suffix);
	return NULL;
}

static struct bpf_object *load(const char *path, __u64 pid, const char *wanted, unsigned pages, bool batched)
{
	bool ring = !strcmp(wanted, "on_call_ring");
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct constants constants = { .pid = pid };
	struct bpf_program *program;

	if (!object)
		die(path);
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), wanted));
	if (ring) {
		bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "ring_events"),
					 pages * (unsigned)getpagesize());
		if (batched)
			constants.wake_at = pages * (__u64)getpagesize() / 2;
	}
	if (bpf_map__set_initial_value(section(object, ".rodata"), &constants, sizeof(constants)) ||
	    bpf_object__load(object))
		die(path);
	return object;
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct globals globals = { 0 };
	struct bpf_object *object;
	struct bpf_link *link;
	const char *program;
	unsigned pages;
	bool batched;
	int fd;

	if (argc < 5) {
		fputs("usage: record OBJECT PID perf|ring|print PAGES [batched]\n", stderr);
		return 2;
	}
	prints = !strcmp(argv[3], "print");
	program = prints ? "on_call_print" : !strcmp(argv[3], "ring") ? "on_call_ring" : "on_call_perf";
	pages = (unsigned)atoi(argv[4]);
	batched = argc > 5;
	sigaction(SIGINT, &action, NULL);
	object = load(argv[1], (__u64)atoi(argv[2]), program, pages, batched);
	link = bpf_program__attach(bpf_object__find_program_by_name(object, program));
	if (!link)
		die("attach");
	fd = bpf_object__find_map_fd_by_name(object, strstr(program, "ring") ? "ring_events" : "perf_events");
	if (strstr(program, "ring"))
		read_ring(fd, batched);
	else
		read_perf(fd, pages, batched);
	fd = 0;
	bpf_map__lookup_elem(section(object, ".bss"), &fd, sizeof(fd), &globals, sizeof(globals), 0);
	printf("handled %llu lost %llu sum %llu\n", (unsigned long long)handled, (unsigned long long)globals.lost,
	       (unsigned long long)sum);
	bpf_link__destroy(link);
	bpf_object__close(object);
	return 0;
}
