/* SPDX-License-Identifier: MIT
 *
 * USDT: after a first byte, which says the machine and the width, notes; or, if it is odd, one argument string.
 */
#include "symbols/usdt.h"
#include "lib/bytes.h"
#include "lib/check.h"
#include <elf.h>
#include <string.h>

struct job {
	const char *data;
	size_t size;
	uint16_t machine;
};

static bool find_symbol(void *arg, const char *name, size_t length, uint64_t *value)
{
	(void)arg;
	FUZZ_CHECK(length && strnlen(name, length) == length, "a symbol's name is %zu bytes", length);
	*value = 0x401000;
	return *name != 'u';
}

static void parse(uint16_t machine, const char *text)
{
	lt_usdt_argument arguments[LT_USDT_ARGUMENTS];
	lt_usdt_place place = { .machine = machine, .address = 0x402000, .symbol = find_symbol };
	uint32_t count = lt_usdt_parse_arguments(text, &place, arguments);

	FUZZ_CHECK(count <= strlen(text), "%u arguments in %zu bytes", count, strlen(text));
	for (uint32_t i = 0; i < count && i < LT_USDT_ARGUMENTS; i++) {
		const lt_usdt_argument *a = &arguments[i];

		if (a->unreadable)
			continue;
		FUZZ_CHECK(a->size == 1 || a->size == 2 || a->size == 4 || a->size == 8, "%u bytes", a->size);
		FUZZ_CHECK(a->scale <= 4, "an index shifted by %u", a->scale);
		/* what a program will add to its context's address */
		FUZZ_CHECK((!a->has_base || a->base < 280) && (!a->has_index || a->index < 280), "registers at %u and %u",
			   a->base, a->index);
	}
}

static int each_note(void *arg, const lt_usdt_note *note)
{
	const struct job *job = arg;
	const char *const strings[] = { note->provider, note->name, note->arguments };

	for (int i = 0; i < 3; i++)
		FUZZ_CHECK(!*strings[i] || (strings[i] >= job->data && strings[i] + strlen(strings[i]) < job->data + job->size),
			   "a string outside of the notes");
	FUZZ_CHECK(*note->provider && *note->name, "a probe without a name");
	parse(job->machine, note->arguments);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t machines[] = { EM_X86_64, EM_AARCH64, EM_386, EM_X86_64 };
	struct bytes in = { data, data + size };
	unsigned how = byte(&in);
	struct job job = { .machine = machines[how / 2 % 4], .size = in.end - in.at };

	if (how & 1) {
		char *text = part(&in);

		parse(job.machine, text);
		free(text);
		return 0;
	}
	job.data = exact_copy(in.at, job.size);
	lt_usdt_each_note(job.data, job.size, job.machine != EM_386, each_note, &job);
	free((void *)(uintptr_t)job.data);
	return 0;
}
