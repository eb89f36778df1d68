/* SPDX-License-Identifier: MIT
 *
 * Kernel drift of the kernel that a text is compiled for. An alias counts only when clang misses the text's name and
 * this kernel's types have what the table says it became.
 */
#ifndef LT_CC_DRIFT_H
#define LT_CC_DRIFT_H
#include "kernel/drift.h"
#include "names.h"
#include "notes.h"

struct drift {
	const struct alias *applied[64];
	uint32_t applied_count;
	bool portable;		/* members are found by their names when the object is loaded: none behind pointers */
	const struct alias *behind; /* one that would be */
};

/* Learns from clang's errors. True if another try may succeed. */
bool drift_learn(struct drift *drift, const struct kernel_btf *btf, struct names *names, const char *messages);
/* The macros for structs. They stand behind the slice. */
void drift_print_macros(const struct drift *drift, struct text *out);
void drift_report(const struct drift *drift, struct notes *notes);
/* Of a text that clang does not take. */
void drift_explain(const struct drift *drift, struct notes *notes);

/* What the annotation of a member begins with that lies behind pointers; see moved.c. */
#define DRIFT_BEHIND "lt_behind"
#endif
