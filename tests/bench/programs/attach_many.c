/* SPDX-License-Identifier: MIT
 *
 * attach_many ADDRESSES: attaches a program of two instructions to all functions at the addresses of a file, a line each, by one
 * kprobe.multi link, and prints how long the call took, in ms.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t read_addresses(const char *path, unsigned long **out)
{
	FILE *file = fopen(path, "re");
	size_t count = 0, room = 0;
	char line[64];

	while (file && fgets(line, sizeof(line), file)) {
		if (count == room) {
			room = room ? room * 2 : 1024;
			*out = realloc(*out, room * sizeof(**out));
			if (!*out)
				exit(1);
		}
		(*out)[count++] = strtoul(line, NULL, 16);
	}
	if (file)
		fclose(file);
	return count;
}

int main(int argc, char **argv)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
	LIBBPF_OPTS(bpf_link_create_opts, create);
	unsigned long *addresses = NULL;
	double start;
	int program, link;

	if (argc != 2)
		return 2;
	create.kprobe_multi.cnt = (unsigned int)read_addresses(argv[1], &addresses);
	create.kprobe_multi.addrs = addresses;
	program = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "bare", "GPL", insns, 2, &load);
	start = now();
	link = program < 0 ? program : bpf_link_create(program, 0, BPF_TRACE_KPROBE_MULTI, &create);
	if (link < 0) {
		fprintf(stderr, "attach_many: %u functions: %s\n", create.kprobe_multi.cnt, strerror(-link));
		return 1;
	}
	printf("%.3f\n", now() - start);
	return 0;
}
