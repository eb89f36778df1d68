/* SPDX-License-Identifier: MIT
 *
 * grow_attach.lua as a C program of libbpf's kind.
 *   grow_attach OBJECT LIBRARY COUNT
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void die(const char *what)
{
	fprintf(stderr, "grow_attach: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long resident(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long size = 0;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmRSS: %ld", &size);
	if (file)
		fclose(file);
	return size;
}

int main(int argc, char **argv)
{
	unsigned count = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	LIBBPF_OPTS(bpf_uprobe_opts, opts);
	char name[32];
	struct bpf_link **links = calloc(count + 1, sizeof(*links));
	struct bpf_object *object;
	struct bpf_program *program;
	double begun, attached;
	long size;

	libbpf_set_print(NULL);
	object = bpf_object__open_file(argv[1], NULL);
	program = object ? bpf_object__next_program(object, NULL) : NULL;
	if (!links || !program || bpf_program__set_type(program, BPF_PROG_TYPE_KPROBE) || bpf_object__load(object))
		die(argv[1]);
	begun = now_ms();
	opts.func_name = name;
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		if (!(links[i] = bpf_program__attach_uprobe_opts(program, -1, argv[2], 0, &opts)))
			die("attach");
	}
	attached = now_ms();
	size = resident();
	printf("%.3f ", attached - begun);
	begun = now_ms();
	for (unsigned i = 0; i < count; i++)
		bpf_link__destroy(links[i]);
	bpf_object__close(object);
	printf("%.3f %ld\n", now_ms() - begun, size);
	free(links);
	return 0;
}
