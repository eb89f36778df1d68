/* SPDX-License-Identifier: MIT
 *
 * The slice: the kernel types that one text needs, chosen from BTF and written as C.
 *
 * Chosen in full are structs and unions that the text names by tag, typedefs and enumerators that it uses, what
 * those contain, and what their members point to where the text has the member's name. Everything else stays a
 * forward declaration. Types that the text defines itself are its own.
 */
#ifndef LT_CC_SLICE_H
#define LT_CC_SLICE_H
#include "text/drift.h"
#include "text/match.h"
#include "memory.h"

struct slice {
	const struct kernel_btf *btf;
	const struct names *names;
	const struct btf_matches *matches;
	const struct drift *drift; /* NULL: none */
	uint8_t *state;		/* of each type: SLICE_* */
	uint32_t *work;		/* ids whose members are still to be followed */
	uint32_t work_count, work_room;
	struct owner *owners;	/* which id a struct's tag means */
	uint32_t owner_count;
	uint32_t depth;		/* of nested types being printed */
	uint32_t pads;		/* padding members printed: their names must differ where structs nest */
	bool check;		/* the text is compiled with -DLT_CHECK_SLICE */
	struct text *assumed;	/* NULL: for one kernel. Else what is of one alone is filled in when the object is loaded, and
				 * this says what that can't be (LT_PORTABLE_SECTION) */
	bool relocating;	/* what is printed now is: a struct that only a typedef names */
};

enum {
	SLICE_WANTED = 1 << 0,	/* a full definition is printed */
	SLICE_PRINTING = 1 << 1,
	SLICE_PRINTED = 1 << 2,
	SLICE_RENAMED = 1 << 3,	/* another type, or the text, has the tag */
};

/* Chooses and prints. `matches` are btf_match's, of these names or more. `out` gets C that compiles alone. `assumed`,
 * unless it is NULL: members and enumerators that are no interface to user space are as in the kernel that the object
 * is loaded in, or said here. */
void slice_print(const struct kernel_btf *btf, const struct names *names, const struct btf_matches *matches,
		 const struct drift *drift, struct text *assumed, struct text *out);

/* For slice_print.c. */
static inline bool slice_wanted(const struct slice *slice, uint32_t id)
{
	return slice->state[id] & SLICE_WANTED;
}

void slice_want(struct slice *slice, uint32_t id);
/* True for a typedef that is printed as such; others are replaced by what they stand for. */
bool slice_keeps_typedef(const struct slice *slice, uint32_t id);
/* " { … }" of a struct whose aliases the text uses. False, and nothing printed, if there are none. */
bool slice_print_aliased(struct slice *slice, uint32_t id, struct text *out);
void slice_print_members(struct slice *slice, const struct btf_type *type, int indent, struct text *out);
void slice_print_declaration(struct slice *slice, uint32_t id, const char *name, struct text *out);
void slice_print_types(struct slice *slice, struct text *out);
#endif
