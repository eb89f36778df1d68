/* SPDX-License-Identifier: MIT
 *
 * Kernel drift: members and structs that moved or have another name in the kernel that a text is compiled for. An alias
 * counts only when clang misses the text's name and this kernel's types have what the table says it became.
 */
#ifndef LT_CC_DRIFT_H
#define LT_CC_DRIFT_H
#include "types/btf.h"
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
};

/* Learns from clang's errors. True if another try may succeed. */
bool drift_learn(struct drift *drift, const struct kernel_btf *btf, struct names *names, const char *messages);
/* The macros for structs. They stand behind the slice. */
void drift_print_macros(const struct drift *drift, struct text *out);
void drift_report(const struct drift *drift, struct notes *notes);

/* What the annotation of a member begins with that lies behind pointers; see moved.c. */
#define DRIFT_BEHIND "lt_behind"

/* Where a path leads in struct `id`: `byte` of the struct, or of what the last of the pointers leads to. */
struct drift_place {
	uint32_t type;
	uint32_t byte;
	uint32_t pointers[4];	/* the byte of each in its struct */
	uint32_t pointer_count;
};
/* False if this kernel has no such member, or it is a bit-field. */
bool drift_find(const struct kernel_btf *btf, uint32_t id, const char *path, size_t length, struct drift_place *place);
extern const struct alias drift_table[];	/* drift_table.c; `tag` NULL ends it */
#endif
