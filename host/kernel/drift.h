/* SPDX-License-Identifier: MIT
 *
 * Kernel drift: members and structs that moved or have another name in one kernel or another.
 */
#ifndef LT_KERNEL_DRIFT_H
#define LT_KERNEL_DRIFT_H
#include "btf.h"

struct alias {
	const char *tag;	/* of the struct */
	const char *name;	/* a member as texts have it; NULL: the struct itself */
	/* What it is here, told from the struct: "thread_info.cpu"; "q->disk"; "sec=s_sec,nsec=s_nsec", a struct of those
	 * members; another tag */
	const char *now;
};

extern const struct alias drift_table[];	/* drift_table.c; `tag` NULL ends it */

/* Where a path leads in struct `id`: `byte` of the struct, or of what the last of the pointers leads to. */
struct drift_place {
	uint32_t type;
	uint32_t byte;
	uint32_t pointers[4];	/* the byte of each in its struct */
	uint32_t pointer_count;
};
/* False if this kernel has no such member, or it is a bit-field. */
bool drift_find(const struct kernel_btf *btf, uint32_t id, const char *path, size_t length, struct drift_place *place);
/* Whether this kernel has what an alias says. */
bool drift_exists(const struct kernel_btf *btf, const struct alias *alias);
#endif
