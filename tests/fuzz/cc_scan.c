/* SPDX-License-Identifier: MIT
 *
 * What is read of a text before clang sees it. An input is up to six parts with bytes 0xff between: the text, two
 * headers that it may include as "a.h" and "d/b.h", a tracepoint's format, what clang says of the first try, and a
 * macro's definition from the command line.
 */
#include "../../host/cc/ask.h"
#include "../../host/cc/headers.h"
#include "../../host/cc/text/source.h"
#include "lib/bytes.h"
#include "lib/contain.h"
#include <linux/btf.h>
#include <stdio.h>

enum { PARTS = 6 };

static struct job {
	struct bytes parts[PARTS];
	struct text generated[2];
	int questions;
} job;

/* Stand-ins for bpf/ and for the parent process. */
const struct header headers[] = {
#define HEADER(path, text) { path, sizeof(text) - 1, text }
	HEADER("types.h", "typedef unsigned int u32;\n#define SEC(name) __attribute__((section(name), used))\n"),
	HEADER("dialect/maps.h", "#define BPF_HASH(name, ...) struct { int x; } name __lt_map(name)\n"
	       "#define __lt_map(n) s_##n\n"),
	HEADER("include/linux/sched.h", "#include <linux/types.h>\n#define PF_EXITING 4\n"),
	HEADER("include/linux/types.h", "#include <linux/sched.h>\n"),
	{ 0 },
};
const struct helper helpers[] = {
	{ .name = "bpf_get_current_comm",
	  .declaration = "static long (*bpf_get_current_comm)(struct thing *x, struct other *) = (void *) 16;" },
	{ .name = "bpf_ktime_get_ns", .declaration = "static u64 (*bpf_ktime_get_ns)(void) = (void *) 5;" },
	{ 0 },
};

const char *ask_reason(void)
{
	return "no such file";
}

char *ask_file(size_t *size, const char *format, ...)
{
	char question[512];
	const struct bytes *found = NULL;
	va_list args;
	char *data;

	/* each header is asked for once by each way to name it, each tracepoint once a try */
	FUZZ_CHECK(++job.questions < 20000, "too many questions");
	va_start(args, format);
	vsnprintf(question, sizeof(question), format, args);
	va_end(args);
	if (!strcmp(question, "include 0 a.h"))
		found = &job.parts[1];
	else if (!strcmp(question, "include 0 d/b.h") || !strcmp(question, "include 1 a.h"))
		found = &job.parts[2];
	else if (!strncmp(question, "tracepoint ", 11))
		found = &job.parts[3];
	if (!found)
		return NULL;
	*size = found->end - found->at;
	data = allocate(*size + 1);
	memcpy(data, found->at, *size);
	data[*size] = '\0';
	return data;
}

static void run(void *argument)
{
	static const struct {
		struct btf_header header;
		struct btf_type integer;
		uint32_t encoding;
		struct btf_type structure;
		struct btf_member member;
		char strings[12];
	} btf = {
		.header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(struct btf_header), .type_len = 40,
			    .str_off = 40, .str_len = 12 },
		.integer = { .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 },
		.encoding = 32,
		.structure = { .name_off = 5, .info = BTF_KIND_STRUCT << 24 | 1, .size = 4 },
		.member = { .name_off = 7, .type = 1 },
		.strings = "\0int\0s\0a",
	};
	struct source source = { 0 };
	struct kernel_btf index;
	char *flags[] = { "-I", "/one", "-I/two", "-D", NULL, "-include", "a.h" };

	(void)argument;
	source.size = job.parts[0].end - job.parts[0].at;
	source.text = copy_string((const char *)job.parts[0].at, source.size);
	flags[4] = copy_string((const char *)job.parts[5].at, job.parts[5].end - job.parts[5].at);
	btf_index(&index, &btf, sizeof(btf));
	modules_begin(&source.modules, &index);
	source_scan(&source, flags, sizeof(flags) / sizeof(*flags));
	source_generate(&source, &index, &job.generated[0]);
	if (source_learn(&source, copy_string((const char *)job.parts[4].at, job.parts[4].end - job.parts[4].at)))
		source_generate(&source, &index, &job.generated[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, data + size };

	memset(&job, 0, sizeof(job));
	for (int i = 0; i < PARTS; i++) {
		const uint8_t *end = memchr(in.at, 0xff, in.end - in.at);

		job.parts[i] = (struct bytes){ in.at, end ? end : in.end };
		in.at = end ? end + 1 : in.end;
	}
	contain(run, NULL);
	for (int i = 0; i < 2; i++)
		FUZZ_CHECK(job.generated[i].size < 10000 + 100 * size, "%zu bytes of C for %zu",
			   job.generated[i].size, size);
	contain_end();
	return 0;
}
