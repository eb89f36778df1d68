/* SPDX-License-Identifier: MIT */
#include "btf.h"
#include <stdlib.h>
#include <string.h>

/* Nesting that no compiler makes: ends a cycle in BTF that is not well-formed. No type of C aligns to more than a
 * 16-byte integer. */
enum { MAX_CHAIN = 64, MAX_ALIGNMENT = 16 };

/* What follows struct btf_type: bytes, and bytes for each of its members; whether it has an id in `type` where others
 * have a size. A kind that is not here is unknown. */
static const struct { bool known, refers; uint8_t bytes, each; } kinds[32] = {
	[BTF_KIND_INT] = { .known = true, .bytes = 4 },
	[BTF_KIND_PTR] = { .known = true, .refers = true },
	[BTF_KIND_ARRAY] = { .known = true, .bytes = sizeof(struct btf_array) },
	[BTF_KIND_STRUCT] = { .known = true, .each = sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { .known = true, .each = sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { .known = true, .each = sizeof(struct btf_enum) },
	[BTF_KIND_FWD] = { .known = true },
	[BTF_KIND_TYPEDEF] = { .known = true, .refers = true },
	[BTF_KIND_VOLATILE] = { .known = true, .refers = true },
	[BTF_KIND_CONST] = { .known = true, .refers = true },
	[BTF_KIND_RESTRICT] = { .known = true, .refers = true },
	[BTF_KIND_FUNC] = { .known = true, .refers = true },
	[BTF_KIND_FUNC_PROTO] = { .known = true, .refers = true, .each = sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { .known = true, .refers = true, .bytes = 4 },
	[BTF_KIND_DATASEC] = { .known = true, .each = sizeof(struct btf_var_secinfo) },
	[BTF_KIND_FLOAT] = { .known = true },
	[BTF_KIND_DECL_TAG] = { .known = true, .refers = true, .bytes = 4 },
	[BTF_KIND_TYPE_TAG] = { .known = true, .refers = true },
	[BTF_KIND_ENUM64] = { .known = true, .each = 12 },
};

bool btf_refers_to_type(uint32_t kind)
{
	return kinds[kind].refers;
}

static inline size_t type_size(const struct btf_type *type, size_t room)
{
	uint32_t kind = room < sizeof(*type) ? BTF_KIND_UNKN : btf_kind_of(type);
	size_t size = sizeof(*type) + kinds[kind].bytes;

	if (kinds[kind].each)
		size += (size_t)kinds[kind].each * BTF_INFO_VLEN(type->info);
	return !kinds[kind].known || size > room ? 0 : size;
}

size_t btf_type_size(const struct btf_type *type, size_t room)
{
	return type_size(type, room);
}

static inline uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* The largest id in a type. Offsets of names are looked at where they are used. */
static inline uint32_t largest_id(const struct btf_type *type)
{
	uint32_t kind = btf_kind_of(type), most = kinds[kind].refers ? type->type : 0;

	if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) {
		const struct btf_member *members = (const void *)(type + 1);

		for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++)
			most = larger(most, members[i].type);
	} else if (kind == BTF_KIND_ARRAY) {
		const struct btf_array *array = (const void *)(type + 1);

		most = larger(array->type, array->index_type);
	}
	return most;
}

const char *btf_sections(struct btf_sections *sections, const void *data, size_t size)
{
	const struct btf_header *header = data;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC)
		return "it does not begin as BTF does";
	if (header->hdr_len < sizeof(*header) || header->hdr_len > size ||
	    (uint64_t)header->hdr_len + header->type_off + header->type_len > size ||
	    (uint64_t)header->hdr_len + header->str_off + header->str_len > size)
		return "its header points outside of it";
	*sections = (struct btf_sections){
		.types = (const uint8_t *)data + header->hdr_len + header->type_off, .types_size = header->type_len,
		.strings = (const char *)data + header->hdr_len + header->str_off, .strings_size = header->str_len,
	};
	if (sections->strings_size && sections->strings[sections->strings_size - 1])
		return "its strings do not end";
	return (header->hdr_len + header->type_off) % 4 ? "its types are not aligned" : NULL;
}

static const char no_memory[] = "there is not enough memory for it";

const char *btf_index_types(struct kernel_btf *btf, size_t at, size_t size)
{
	/* a type has 27 bytes on average */
	uint32_t first = btf->count, room = first + size / 20, most = 0;
	size_t end = at + size;
	uint32_t *offsets = malloc(room * sizeof(*offsets));

	if (!offsets)
		return no_memory;
	if (btf->offsets)
		memcpy(offsets, btf->offsets, first * sizeof(*offsets));
	else
		offsets[0] = 0;
	free(btf->offsets);
	btf->offsets = offsets;
	while (at < end) {
		const struct btf_type *type = (const void *)(btf->data + at);
		size_t length = type_size(type, end - at);

		if (!length)
			return "a type in it is cut off or of an unknown kind";
		if (btf->count == room) {
			room += room / 2 + 4096;
			offsets = realloc(btf->offsets, room * sizeof(*btf->offsets));
			if (!offsets)
				return no_memory;
			btf->offsets = offsets;
		}
		btf->offsets[btf->count++] = at;
		most = larger(most, largest_id(type));
		at += length;
	}
	return most < btf->count ? NULL : "a type in it refers to one that is not there";
}

const char *btf_index(struct kernel_btf *btf, const void *data, size_t size)
{
	struct btf_sections sections;
	const char *wrong = btf_sections(&sections, data, size);

	*btf = (struct kernel_btf){ .data = data, .size = size, .count = 1 };
	if (wrong)
		return wrong;
	if (!sections.strings_size)
		return "it has no strings";
	btf->strings = sections.strings;
	btf->strings_size = btf->base_strings_size = sections.strings_size;
	wrong = btf_index_types(btf, sections.types - btf->data, sections.types_size);
	btf->base_count = btf->count;
	btf->alignments = calloc(btf->count, 1);
	return wrong ? wrong : btf->alignments ? NULL : no_memory;
}

void btf_release(struct kernel_btf *btf)
{
	free(btf->offsets);
	free(btf->alignments);
	free(btf->owned);
	*btf = (struct kernel_btf){ 0 };
}

static uint32_t skip(const struct kernel_btf *btf, uint32_t id, bool typedefs)
{
	for (int i = 0; i < MAX_CHAIN && id; i++) {
		const struct btf_type *type = btf_at(btf, id);

		switch (btf_kind_of(type)) {
		case BTF_KIND_TYPEDEF:
			if (!typedefs)
				return id;
			/* fallthrough */
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = type->type;
			break;
		default:
			return id;
		}
	}
	return id && btf_kind_of(btf_at(btf, id)) == BTF_KIND_TYPEDEF && typedefs ? 0 : id;
}

uint32_t btf_skip_modifiers(const struct kernel_btf *btf, uint32_t id)
{
	return skip(btf, id, false);
}

uint32_t btf_resolve(const struct kernel_btf *btf, uint32_t id)
{
	return skip(btf, id, true);
}

uint64_t btf_size(const struct kernel_btf *btf, uint32_t id)
{
	uint64_t factor = 1;

	for (int i = 0; i < MAX_CHAIN; i++) {
		const struct btf_type *type;

		id = btf_resolve(btf, id);
		if (!id)
			return 0;
		type = btf_at(btf, id);
		switch (btf_kind_of(type)) {
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FLOAT:
			return factor * type->size;
		case BTF_KIND_PTR:
			return factor * 8;
		case BTF_KIND_ARRAY: {
			const struct btf_array *array = (const void *)(type + 1);

			factor *= array->nelems;
			id = array->type;
			break;
		}
		default:
			return 0;
		}
	}
	return 0;
}

static uint32_t alignment(const struct kernel_btf *btf, uint32_t id, int depth);

static uint32_t struct_alignment(const struct kernel_btf *btf, const struct btf_type *type, int depth)
{
	const struct btf_member *members = (const void *)(type + 1);
	uint32_t largest = 1;

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		uint32_t own = alignment(btf, members[i].type, depth + 1);
		struct btf_field field = btf_field(type, &members[i]);

		/* a member that is not where its alignment would put it: the struct is packed */
		if ((!field.bits && field.offset % (own * 8)) || type->size % own)
			return 1;
		if (own > largest)
			largest = own;
	}
	return largest;
}

static uint32_t alignment_of(const struct kernel_btf *btf, const struct btf_type *type, int depth)
{
	switch (btf_kind_of(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
		return type->size && type->size <= MAX_ALIGNMENT && !(type->size & (type->size - 1)) ? type->size : 1;
	case BTF_KIND_PTR:
		return 8;
	case BTF_KIND_ARRAY:
		return alignment(btf, ((const struct btf_array *)(type + 1))->type, depth + 1);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return struct_alignment(btf, type, depth);
	default:
		return 1;
	}
}

/* Kept, for the same structs are asked for from each one that they are part of: without that, nesting costs
 * exponential time. */
static uint32_t alignment(const struct kernel_btf *btf, uint32_t id, int depth)
{
	id = btf_resolve(btf, id);
	if (!id || depth > MAX_CHAIN)
		return 1;
	if (!btf->alignments[id]) {
		/* what a struct that contains itself meets */
		btf->alignments[id] = 1;
		btf->alignments[id] += __builtin_ctz(alignment_of(btf, btf_at(btf, id), depth));
	}
	return 1u << (btf->alignments[id] - 1);
}

uint32_t btf_alignment(const struct kernel_btf *btf, uint32_t id)
{
	return alignment(btf, id, 0);
}

struct btf_field btf_field(const struct btf_type *parent, const struct btf_member *member)
{
	struct btf_field field = { .offset = member->offset };

	if (BTF_INFO_KFLAG(parent->info)) {
		field.offset = BTF_MEMBER_BIT_OFFSET(member->offset);
		field.bits = BTF_MEMBER_BITFIELD_SIZE(member->offset);
	}
	return field;
}

static bool find_member(const struct kernel_btf *btf, uint32_t id, const char *name, size_t length, int depth,
			struct btf_found *found)
{
	const struct btf_type *type = btf_at(btf, id);
	const struct btf_member *members = (const void *)(type + 1);

	for (uint32_t i = 0; depth < 16 && btf_is_struct_or_union(type) && i < BTF_INFO_VLEN(type->info); i++) {
		struct btf_field field = btf_field(type, &members[i]);
		const char *own = btf_string(btf, members[i].name_off);

		if (strlen(own) == length && !memcmp(own, name, length)) {
			*found = (struct btf_found){ members[i].type, field.offset, field.bits };
			return true;
		}
		if (!*own && find_member(btf, btf_resolve(btf, members[i].type), name, length, depth + 1, found)) {
			found->offset += field.offset;
			return true;
		}
	}
	return false;
}

bool btf_find_member(const struct kernel_btf *btf, uint32_t id, const char *name, size_t length,
		     struct btf_found *found)
{
	return find_member(btf, id, name, length, 0, found);
}
