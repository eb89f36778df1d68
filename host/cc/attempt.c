/* SPDX-License-Identifier: MIT */
#include "attempt.h"
#include "ask.h"

static void load_btf(struct kernel_btf *btf)
{
	size_t size;
	char *data = ask_file(&size, "btf vmlinux");
	const char *wrong;

	if (!data)
		die("%s", ask_reason());
	wrong = btf_index(btf, data, size);
	if (wrong)
		die("kernel BTF: it is not well-formed: %s", wrong);
}

void attempt_generate(struct source *source, struct kernel_btf *btf, struct text *generated)
{
	if (!btf->count) {
		load_btf(btf);
		modules_begin(&source->modules, btf);
	}
	source_generate(source, btf, generated);
}

bool attempt_learn(struct source *source, const struct kernel_btf *btf, const char *messages)
{
	bool learnt = source_learn(source, messages);

	return drift_learn(&source->drift, btf, &source->names, messages) || learnt;
}
