/* SPDX-License-Identifier: MIT
 *
 * The types of the running kernel and of its modules, read from their BTF and kept.
 */
#ifndef LT_TRACE_TYPES_H
#define LT_TRACE_TYPES_H
#include "../error.h"
#include "../symbols/similar.h"
#include <bpf/btf.h>
#include <stdbool.h>
#include <stdio.h>

/* The types of the kernel or of a module. A module's stand on the kernel's: its ids go on where those end. */
struct lt_types_part {
	struct btf *btf;
	uint32_t first;		/* the id of the first that is its own */
	char *module;		/* NULL: the kernel itself */
};

struct lt_types {
	struct lt_types_part *parts;	/* the kernel's, then those of its modules by name */
	uint32_t count;
	const char **names;		/* of structs, unions, enums and typedefs, sorted; NULL until asked for */
	uint32_t name_count;
};

/* One type. */
struct lt_type_ref {
	uint32_t part, id;
};

/* What a person named: "task_struct", "struct task_struct". */
struct lt_type_wanted {
	const char *name;
	int kind;		/* BTF_KIND_STRUCT, _UNION or _ENUM, when it said so; else 0 */
};

/* Fills an empty `types`; `asker` begins the message. What was read before an error is to be freed too. */
int lt_types_load(struct lt_types *types, const char *asker, lt_error *err);
void lt_types_unload(struct lt_types *types);
/* Takes over `btf`, whose own types begin at `first`. */
int lt_types_add(struct lt_types *types, struct btf *btf, uint32_t first, const char *module);

/* Takes "struct ", "union " or "enum " off. */
struct lt_type_wanted lt_type_wanted(const char *text);
/* The next type, from `*at` on, which is zeroed at first: its number, or false. */
bool lt_types_next(const struct lt_types *types, const struct lt_type_wanted *wanted, struct lt_type_ref *at);
/* Of a tag that a part only declares: where it is defined. True: `ref` is that now. */
bool lt_types_define(const struct lt_types *types, struct lt_type_ref *ref);
/* Says that there is none of that name; -ENOENT. */
int lt_types_unknown(const struct lt_types *types, const char *text, lt_error *err);

/* Whether a declaration of that kind has a name that one may ask for: struct, union, enum, typedef. */
bool lt_type_is_named(const struct btf_type *type);
/* Without const, volatile, restrict and tags. */
uint32_t lt_type_skip_qualifiers(const struct btf *btf, uint32_t id);
/* And without typedefs. */
uint32_t lt_type_strip(const struct btf *btf, uint32_t id);

/* A member of a struct or union, or of an unnamed one in it, whose members are its own. */
struct lt_type_member {
	uint32_t type;
	uint64_t offset;	/* bits */
	uint32_t bits;		/* of a bit-field; else 0 */
};
bool lt_type_member(const struct btf *btf, uint32_t id, const char *name, struct lt_type_member *out);
/* Offers the names of all members. */
void lt_type_offer_members(const struct btf *btf, uint32_t id, lt_similar *similar, int depth);

/* type_path.c: "task_struct.mm->pgd"; the root's name ends at `length` in `path`. */
int lt_type_path_describe(struct lt_types *types, const char *path, size_t length, FILE *out, lt_error *err);
/* type_define.c: writes the definition of one type. */
void lt_type_define(const struct lt_types *types, struct lt_type_ref ref, FILE *out);

#endif
