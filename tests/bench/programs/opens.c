/* SPDX-License-Identifier: MIT
 *
 * opens.lua as a C program of libbpf's kind: the object was compiled beforehand, by clang of opens.bpf.c or by
 * luatrace of opens.lua's own text.
 *   opens OBJECT once|stay
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct event {
	uint64_t ts;
	uint32_t pid;
	char comm[16];
	char path[256];
};

static bool seen;

static void on_event(void *context, int cpu, void *data, uint32_t size)
{
	const struct event *e = data;

	(void)context, (void)cpu, (void)size;
	printf("%u %s %s\n", e->pid, e->comm, e->path);
	seen = true;
}

static void die(const char *what)
{
	fprintf(stderr, "opens: %s: %s\n", what, strerror(errno));
	exit(1);
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_link *link;
	struct perf_buffer *buffer;
	bool once;

	if (argc != 3) {
		fputs("usage: opens OBJECT once|stay\n", stderr);
		return 2;
	}
	once = !strcmp(argv[2], "once");
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(NULL);
	object = bpf_object__open_file(argv[1], NULL);
	program = object ? bpf_object__next_program(object, NULL) : NULL;
	if (!program || bpf_program__set_type(program, BPF_PROG_TYPE_TRACEPOINT) || bpf_object__load(object))
		die(argv[1]);
	link = bpf_program__attach_tracepoint(program, "syscalls", "sys_enter_openat");
	if (!link)
		die("attach");
	/* as luatrace does, so that both map as much */
	buffer = perf_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), 128, on_event, NULL, NULL, NULL);
	if (!buffer)
		die("perf buffer");
	while (!(once && seen))
		if (perf_buffer__poll(buffer, 100) < 0 && errno != EINTR)
			die("poll");
	perf_buffer__free(buffer);
	bpf_link__destroy(link);
	bpf_object__close(object);
	return 0;
}
