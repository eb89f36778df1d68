/* SPDX-License-Identifier: MIT
 *
 * Kernel drift: members and structs that moved or have another name in the kernel that a text is compiled for. An alias
 * counts only when clang misses the text's name and this kernel's types have what the table says it became.
 */
#ifndef LT_CC_DRIFT_H
#define LT_CC_DRIFT_H
#include "btf.h"
#include "names.h"
#include "notes.h"

struct alias {
	const char *tag;	/* of the struct */
	const char *name;	/* a member as texts have it; NULL: the struct itself */
	/* What it is here, told from the struct: "thread_info.cpu"; "q->disk"; "sec=s_sec,nsec=s_nsec", a struct of those
	 * members; another tag */
	const char *now;
};

struct drift {
	const struct alias *applied[64];
	uint32_t applied_count;
	const struct alias *unclear[64]; /* would need a macro whose name the text has another use for */
	uint32_t unclear_count;
};

/* Learns from clang's errors. True if another try may succeed. */
bool drift_learn(struct drift *drift, const struct kernel_btf *btf, struct names *names, const char *messages);
/* The macros for what is reached through pointers, and for structs. They stand behind the slice. */
void drift_print_macros(const struct drift *drift, struct text *out);
void drift_report(const struct drift *drift, struct notes *notes);
/* For a text that does not compile. */
void drift_report_unclear(const struct drift *drift, struct notes *notes);

/* Where a path without pointers leads in struct `id`. */
struct drift_place {
	uint32_t type;
	uint32_t byte;
	bool pointers;
};
/* False if this kernel has no such member, or it is a bit-field. */
bool drift_find(const struct kernel_btf *btf, uint32_t id, const char *path, size_t length, struct drift_place *place);
/* Whether the alias is printed as a member of its struct. */
bool drift_is_member(const struct alias *alias);

extern const struct alias drift_table[];	/* drift_table.c; `tag` NULL ends it */
#endif
