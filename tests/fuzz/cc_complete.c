/* SPDX-License-Identifier: MIT
 *
 * What is read of a text that somebody types, besides what clang reads: where the word at its end begins, and the
 * comment beside a definition. An input is two bytes, where the definition is, and the text.
 */
#include "../../host/cc/complete/candidates.h"
#include "../../host/cc/complete/cursor.h"
#include "../../host/cc/complete/doc.h"
#include "lib/bytes.h"
#include "lib/contain.h"

static struct bytes in;

static void run(void *argument)
{
	size_t place = byte(&in) | byte(&in) << 8, size = in.end - in.at;
	char *text = exact_copy(in.at, size), *name;
	struct cursor cursor = cursor_find(text, size);
	struct candidates candidates = { .word = "" };
	struct text doc = { 0 }, out = { 0 };

	(void)argument;
	FUZZ_CHECK(cursor.word <= size && cursor.lost <= cursor.restart && cursor.restart <= size, "places outside");
	FUZZ_CHECK(!cursor.restart || text[cursor.restart - 1] == '\n', "no line begins there");
	name = cursor.word < size ? copy_string(text + cursor.word, size - cursor.word) : copy_string("x", 1);
	doc_of_definition(text, size, place, name, &doc);
	candidates_add(&candidates, &(struct candidate){ CANDIDATE_MEMBER, 1, name, name, doc.data });
	candidates_write(&candidates, &out);
	FUZZ_CHECK(out.size < 2000, "%zu bytes of one candidate", out.size);
	for (size_t i = 0, fields = 0; i < out.size; i++) {
		fields += out.data[i] == '\t' || out.data[i] == '\n';
		FUZZ_CHECK(i + 1 < out.size || fields == 2 || fields == 6, "%zu fields", fields);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in = (struct bytes){ data, data + size };
	contain(run, NULL);
	FUZZ_CHECK(!*contained_messages(), "it says: %s", contained_messages());
	contain_end();
	return 0;
}
