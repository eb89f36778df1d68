/* SPDX-License-Identifier: MIT
 *
 * The slice of BTF that is not well-formed. An input is a list of decisions about types, which refer to each other
 * as no compiler would have it: the kernel's and a module's that goes on from there; or, after an odd first byte, a
 * text, a NUL and BTF as it comes.
 */
#include "../../host/cc/types/slice.h"
#include "lib/bytes.h"
#include "lib/contain.h"
#include <stdio.h>

enum { LARGEST_SLICE = 64 << 20 };	/* all of a kernel's types are 4 MB of C */

struct job {
	void *btf, *module;
	size_t size, module_size;
	struct kernel_btf index;
	struct names names;
	struct text out, assumed;
};

static const char *const words[] = { "", "a", "b", "c", "d", "e", "f", "int", "char", "LT_CHECK_SLICE" };
enum { WORDS = sizeof(words) / sizeof(*words) };

static uint32_t add_words(struct text *strings, uint32_t *offsets, uint32_t from)
{
	for (size_t i = 0; i < WORDS; i++) {
		offsets[i] = from + strings->size;
		text_append(strings, words[i], strlen(words[i]) + 1);
	}
	return strings->size;
}

static void add_word(struct text *out, uint32_t value)
{
	text_append(out, (const char *)&value, sizeof(value));
}

static void add_type(struct bytes *in, struct text *types, const uint32_t *names, uint32_t ids)
{
	uint32_t kind = 1 + below(in, 19), count = below(in, 8), flag = below(in, 2), own = below(in, 4);
	uint32_t name = names[below(in, WORDS)];
	static const uint32_t sizes[] = { 0, 1, 2, 4, 8, 16, 24, 0xffffffff };
	bool sized = kind == BTF_KIND_INT || kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_ENUM ||
		     kind == BTF_KIND_ENUM64 || kind == BTF_KIND_FLOAT || kind == BTF_KIND_DATASEC;

	/* some have more members than a byte says */
	add_word(types, name);
	add_word(types, flag << 31 | kind << 24 | count);
	add_word(types, sized ? own ? sizes[below(in, 8)] : word(in) : below(in, ids));
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		add_word(types, word(in));
		break;
	case BTF_KIND_ARRAY:
		add_word(types, below(in, ids));
		add_word(types, below(in, ids));
		add_word(types, own ? below(in, 9) : word(in));
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
		for (uint32_t i = 0; i < count; i++) {
			add_word(types, names[below(in, WORDS)]);
			add_word(types, below(in, ids));
			add_word(types, own ? below(in, 64) * 8 : word(in));
		}
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_ENUM64:
		for (uint32_t i = 0; i < count; i++) {
			add_word(types, names[below(in, WORDS)]);
			add_word(types, below(in, ids));
			if (kind == BTF_KIND_ENUM64)
				add_word(types, word(in));
		}
		break;
	}
}

/* Well-formed in what btf_index() checks, so that all of the input goes beyond it. `first` is the first type's id,
 * `from` where its strings begin; returns the id after the last one. */
static uint32_t make_btf(struct bytes *in, struct text *whole, uint32_t first, uint32_t from)
{
	struct btf_header header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(header) };
	struct text types = { 0 }, strings = { 0 };
	uint32_t offsets[WORDS], ids = first + byte(in);

	header.str_len = add_words(&strings, offsets, from);
	for (uint32_t i = first; i < ids; i++)
		add_type(in, &types, offsets, ids);
	text_add(&types, "");
	header.type_len = header.str_off = types.size;
	text_append(whole, (char *)&header, sizeof(header));
	text_append(whole, types.data, types.size);
	text_append(whole, strings.data, strings.size);
	return ids;
}

static void run(void *argument)
{
	struct job *job = argument;

	const char *wrong = btf_index(&job->index, job->btf, job->size);

	if (!wrong && job->module)
		btf_add_module(&job->index, job->module, job->module_size);
	if (!wrong) {
		struct btf_matches matches;

		btf_match(&matches, &job->index, &job->names);
		slice_print(&job->index, &job->names, &matches, NULL, job->size % 2 ? &job->assumed : NULL,
			    &job->out);
		btf_matches_free(&matches);
	}
	btf_release(&job->index);
	names_free(&job->names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, data + size };
	struct job job = { 0 };
	struct text whole = { 0 }, module = { 0 };
	uint32_t ids;

	if (byte(&in) & 1) {
		char *text = part(&in);

		scan_text(&job.names, text, strlen(text), NULL);
		free(text);
		text_append(&whole, (const char *)in.at, in.end - in.at);
	} else {
		for (size_t i = 1; i < WORDS; i++)
			names_add(&job.names, words[i], strlen(words[i]), byte(&in) & 0x7f);
		ids = make_btf(&in, &whole, 1, 0);
		if (in.at < in.end) {
			make_btf(&in, &module, ids, ((struct btf_header *)(void *)whole.data)->str_len);
			job.module = exact_copy(module.data, job.module_size = module.size);
		}
	}
	job.btf = exact_copy(whole.data, job.size = whole.size);
	contain(run, &job);
	FUZZ_CHECK(job.out.size < LARGEST_SLICE, "a slice of %zu bytes", job.out.size);
	contain_end();
	free(job.btf);
	free(job.module);
	return 0;
}
