/* SPDX-License-Identifier: MIT
 *
 * What a relocation is of, told from the object's own BTF: "0:3:1" of a struct is the second member of its fourth.
 */
#ifndef LT_RELOCATE_SPEC_H
#define LT_RELOCATE_SPEC_H
#include "../kernel/btf.h"

/* What lies somewhere, as far as it matters to who reads it. */
enum shape {
	SHAPE_ANY,		/* not known */
	SHAPE_OTHER,
	SHAPE_NUMBER,
	SHAPE_POINTER,
	SHAPE_STRUCT,
	SHAPE_ARRAY,
};
enum shape shape_of(const struct kernel_btf *btf, uint32_t id);
bool is_signed(const struct kernel_btf *btf, uint32_t id);

struct step {
	const char *name;	/* of a member, `length` bytes; NULL: element `index` of an array */
	size_t length;
	uint32_t index;
	enum shape shape;	/* of what it leads to */
	uint64_t bits;		/* where that lies in the object's own type */
};

enum { STEPS_MOST = 64 };

struct spec {
	const char *root;	/* the name of the type, to its end or "___" */
	size_t root_length;
	uint32_t root_kind;	/* BTF_KIND_* */
	uint32_t first;		/* elements ahead of it, of an array that a pointer leads to */
	struct step steps[STEPS_MOST];
	uint32_t count;
	const char *enumerator;	/* of an enum: which, to its end or "___"; else NULL */
	size_t enumerator_length;
	/* where it lies in the object's own type, and what */
	uint64_t bits;
	uint32_t bit_size;	/* 0: no bit-field */
	uint64_t size;		/* bytes */
	enum shape shape;
	bool is_signed;
};

/* False: it makes no sense. */
bool spec_parse(const struct kernel_btf *own, uint32_t type, const char *access, struct spec *spec);
/* Of a name: "struct sock.__sk_common", "atomic_t", "struct foo.bar[2]". Points into it. Nothing of what it says of the
 * object's own type is filled in. */
void spec_named(const char *name, struct spec *spec);
/* "struct sock.__sk_common.skc_family", for a person. */
void spec_describe(const struct spec *spec, char *out, size_t size);
#endif
