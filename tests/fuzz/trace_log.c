/* SPDX-License-Identifier: MIT
 *
 * Why a program was refused: after a first byte the verifier's log, or (an odd one) the line information of an object.
 */
#include "trace/line_info.h"
#include "trace/verifier_log.h"
#include "lib/bytes.h"
#include "lib/check.h"
#include <bpf/btf.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, data + size };
	unsigned which = byte(&in);

	if (which & 1) {
		uint32_t offset = byte(&in) * 8;
		size_t length = in.end - in.at;
		void *ext = exact_copy(in.at, length);
		struct btf *btf = btf__new_empty();
		const char *source;

		btf__add_str(btf, "lt/f");
		btf__add_str(btf, "return *p;");
		lt_line_info_walk(ext, length, btf, "lt/f", offset, &source);
		FUZZ_CHECK(source && strlen(source) < 100, "no line");
		lt_line_info_find(ext, length, btf, "lt/f", "f", offset / 8, &source);
		lt_line_info_keep_in(ext, length, btf, "lt/f");
		lt_line_info_walk(ext, length, btf, "lt/f", offset, &source);
		FUZZ_CHECK(source && strlen(source) < 100, "no line once the others are gone");
		btf__free(btf);
		free(ext);
	} else {
		char *log = part(&in);
		struct lt_refusal refusal;
		char sentence[256];

		lt_verifier_log_parse(log, &refusal);
		lt_refusal_write(&refusal, sentence, sizeof(sentence));
		FUZZ_CHECK(strlen(refusal.reason) < sizeof(refusal.reason) && strlen(refusal.source) < sizeof(refusal.source) &&
			   strlen(sentence) < sizeof(sentence), "not ended");
		free(log);
	}
	return 0;
}
