/* SPDX-License-Identifier: MIT
 *
 * A tracepoint's format file: whatever it says, what becomes C is a struct and nothing else.
 */
#include "../../host/cc/types/tracepoint.h"
#include "lib/bytes.h"
#include "lib/contain.h"
#include <stdio.h>

struct job {
	char *format;
	size_t size;
	struct names names;
	struct text out;
	const char *wrong;
};

static void run(void *argument)
{
	struct job *job = argument;

	job->wrong = tracepoint_print("category", "event", job->format, job->size, &job->names, false, &job->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char c[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ *[];\t\n";
	struct job job = { .format = exact_copy(data, size), .size = size };

	FUZZ_CHECK(contain(run, &job), "the parser died: %s", contained_messages());
	if (!job.wrong) {
		const char *body = strchr(job.out.data, '{') + 1;
		size_t length = strspn(body, c);

		FUZZ_CHECK(!strcmp(body + length, "} __attribute__((packed, aligned(8)));\n"), "not plain C: %s", body + length);
		FUZZ_CHECK(job.out.size < 1000 + 2 * size, "%zu bytes of C for %zu", job.out.size, size);
	}
	contain_end();
	free(job.format);
	return 0;
}
