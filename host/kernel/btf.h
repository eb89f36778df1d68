/* SPDX-License-Identifier: MIT
 *
 * Reading raw BTF: bounds are checked once, when it is indexed; after that ids and offsets are good.
 */
#ifndef LT_KERNEL_BTF_H
#define LT_KERNEL_BTF_H
#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_btf {
	const uint8_t *data;
	size_t size;
	const char *strings;
	uint32_t strings_size;
	uint32_t count;		/* ids are 1 … count - 1; 0 is void */
	uint32_t *offsets;	/* of each type from `data` */
	uint8_t *alignments;	/* of each type that was asked for: log2 + 1 */
	uint32_t base_count, base_strings_size; /* without modules */
	void *owned;		/* `data`, once a module's types were added */
};

/* Takes `data` over by reference. Returns NULL or what is wrong with it. */
const char *btf_index(struct kernel_btf *btf, const void *data, size_t size);
/* Adds a module's types, whose BTF goes on where that of the kernel itself ends. Returns NULL or what is wrong with it;
 * then `btf` is as before. What points into `btf` points nowhere after the call. */
const char *btf_add_module(struct kernel_btf *btf, const void *data, size_t size);
void btf_release(struct kernel_btf *btf);

static inline const struct btf_type *btf_at(const struct kernel_btf *btf, uint32_t id)
{
	return (const void *)(btf->data + btf->offsets[id]);
}

static inline const char *btf_string(const struct kernel_btf *btf, uint32_t offset)
{
	return offset < btf->strings_size ? btf->strings + offset : "";
}

static inline uint32_t btf_kind_of(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info);
}

/* Through const, volatile, restrict and tags. */
uint32_t btf_skip_modifiers(const struct kernel_btf *btf, uint32_t id);
/* Through typedefs as well. */
uint32_t btf_resolve(const struct kernel_btf *btf, uint32_t id);
/* Size in bytes; 0 for void, functions and what BTF does not size. */
uint64_t btf_size(const struct kernel_btf *btf, uint32_t id);
/* The alignment C gives it on a 64-bit machine; a struct's is that of its members. */
uint32_t btf_alignment(const struct kernel_btf *btf, uint32_t id);

/* Where types and strings lie in raw BTF. */
struct btf_sections {
	const uint8_t *types;
	size_t types_size;
	const char *strings;
	uint32_t strings_size;
};
/* Returns NULL or what is wrong with the header. */
const char *btf_sections(struct btf_sections *sections, const void *data, size_t size);
/* Bytes of a type that may have `room` bytes at most; 0 if it is cut off or of an unknown kind. */
size_t btf_type_size(const struct btf_type *type, size_t room);
/* Whether the kind has an id in `type` where others have a size. */
bool btf_refers_to_type(uint32_t kind);
/* Finds the types of `size` bytes at `at` in `data`, and looks at what they refer to. For btf_add_module(). */
const char *btf_index_types(struct kernel_btf *btf, size_t at, size_t size);

static inline bool btf_is_struct_or_union(const struct btf_type *type)
{
	return btf_kind_of(type) == BTF_KIND_STRUCT || btf_kind_of(type) == BTF_KIND_UNION;
}

static inline bool btf_is_enumeration(const struct btf_type *type)
{
	return btf_kind_of(type) == BTF_KIND_ENUM || btf_kind_of(type) == BTF_KIND_ENUM64;
}

static inline uint32_t btf_enumerator_size(const struct btf_type *type)
{
	return btf_kind_of(type) == BTF_KIND_ENUM64 ? 12 : sizeof(struct btf_enum);
}

struct btf_field {
	uint32_t offset;	/* bits */
	uint32_t bits;		/* 0: no bitfield */
};
struct btf_field btf_field(const struct btf_type *parent, const struct btf_member *member);

struct btf_found {
	uint32_t type;
	uint32_t offset;	/* bits */
	uint32_t bits;		/* 0: no bitfield */
};
/* A member by name, also one of an unnamed struct in it. */
bool btf_find_member(const struct kernel_btf *btf, uint32_t id, const char *name, size_t length,
		     struct btf_found *found);
#endif
