/* SPDX-License-Identifier: MIT */
#include "slice.h"
#include <string.h>

/* The kernel has a dozen structs of one name in different files; the first one met owns the tag. */
struct owner {
	const char *tag;
	uint32_t id;
};

static const char *type_name(const struct slice *slice, const struct btf_type *type)
{
	return btf_string(slice->btf, type->name_off);
}

static bool text_has(const struct slice *slice, const char *name, uint32_t with, uint32_t without)
{
	const struct name *found = *name ? names_find(slice->names, name) : NULL;

	return found && (found->flags & with) && !(found->flags & without);
}

static bool owns_tag(struct slice *slice, uint32_t id, const char *tag)
{
	for (uint32_t i = 0; i < slice->owner_count; i++)
		if (!strcmp(slice->owners[i].tag, tag))
			return slice->owners[i].id == id;
	if (!(slice->owner_count & (slice->owner_count + 1)) || !slice->owners)
		slice->owners = reallocate(slice->owners, (2 * slice->owner_count + 2) * sizeof(*slice->owners));
	slice->owners[slice->owner_count++] = (struct owner){ tag, id };
	return true;
}

void slice_want(struct slice *slice, uint32_t id)
{
	const struct btf_type *type = btf_at(slice->btf, id);
	const char *tag = type_name(slice, type);

	if (slice->state[id] & SLICE_WANTED)
		return;
	slice->state[id] |= SLICE_WANTED;
	if (!btf_is_struct_or_union(type) && !btf_is_enumeration(type))
		return;
	if (*tag && (text_has(slice, tag, NAME_TAG_DEFINED, 0) || !owns_tag(slice, id, tag)))
		slice->state[id] |= SLICE_RENAMED;
	if (btf_is_enumeration(type))
		return;
	if (slice->work_count == slice->work_room) {
		slice->work_room = 2 * slice->work_room + 64;
		slice->work = reallocate(slice->work, slice->work_room * sizeof(*slice->work));
	}
	slice->work[slice->work_count++] = id;
}

/* The struct that a type is or, with `pointers`, leads to; 0 if it is none. */
static uint32_t struct_behind(const struct slice *slice, uint32_t id, bool pointers)
{
	for (int i = 0; i < 64; i++) {
		const struct btf_type *type;

		id = btf_resolve(slice->btf, id);
		if (!id)
			return 0;
		type = btf_at(slice->btf, id);
		if (btf_is_struct_or_union(type))
			return id;
		if (btf_kind_of(type) == BTF_KIND_ARRAY)
			id = ((const struct btf_array *)(type + 1))->type;
		else if (pointers && btf_kind_of(type) == BTF_KIND_PTR)
			id = type->type;
		else
			return 0;
	}
	return 0;
}

static void follow_members(struct slice *slice, uint32_t id)
{
	const struct btf_type *type = btf_at(slice->btf, id);
	const struct btf_member *members = (const void *)(type + 1);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		const char *name = btf_string(slice->btf, members[i].name_off);
		uint32_t target = struct_behind(slice, members[i].type, false);

		if (target) {
			slice_want(slice, target);
			continue;
		}
		if (!text_has(slice, name, ~0u, 0))
			continue;
		target = struct_behind(slice, members[i].type, true);
		if (target && !text_has(slice, type_name(slice, btf_at(slice->btf, target)), NAME_TAG_DEFINED, 0))
			slice_want(slice, target);
	}
}

static bool has_enumerator_of_text(const struct slice *slice, const struct btf_type *type)
{
	uint32_t stride = btf_kind_of(type) == BTF_KIND_ENUM ? sizeof(struct btf_enum) : 12;
	const char *at = (const char *)(type + 1);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++, at += stride)
		if (text_has(slice, btf_string(slice->btf, *(const uint32_t *)at), NAME_PLAIN,
			     NAME_DEFINED | NAME_MACRO))
			return true;
	return false;
}

/* __builtin_va_list is in the kernel's BTF as its own machine has it. */
static bool is_compilers(const char *name)
{
	return !strncmp(name, "__builtin_", strlen("__builtin_"));
}

bool slice_keeps_typedef(const struct slice *slice, uint32_t id)
{
	const struct btf_type *type = btf_at(slice->btf, id), *base;
	const char *name = type_name(slice, type);
	uint32_t base_id = btf_skip_modifiers(slice->btf, type->type);

	if (text_has(slice, name, NAME_DEFINED | NAME_MACRO, 0) || is_compilers(name))
		return false;
	if (text_has(slice, name, NAME_PLAIN, 0))
		return true;
	/* an unnamed struct has no other name to be pointed at by */
	base = base_id ? btf_at(slice->btf, base_id) : NULL;
	return base && btf_is_struct_or_union(base) && !*type_name(slice, base);
}

/* Of several structs of one tag the text means the one that has its members. */
static bool is_meant(struct slice *slice, uint32_t id, const char *tag)
{
	if (!text_has(slice, tag, NAME_TAG, NAME_TAG_DEFINED) || !BTF_INFO_VLEN(btf_at(slice->btf, id)->info))
		return false;
	return btf_match_tag(slice->matches, slice->btf, slice->names, tag) == id && owns_tag(slice, id, tag);
}

static void choose_root(struct slice *slice, uint32_t id)
{
	const struct btf_type *type = btf_at(slice->btf, id);
	const char *name = type_name(slice, type);
	uint32_t target;

	if (btf_is_struct_or_union(type)) {
		if (is_meant(slice, id, name))
			slice_want(slice, id);
	} else if (btf_is_enumeration(type)) {
		if (text_has(slice, name, NAME_ENUM_TAG, NAME_TAG_DEFINED) || has_enumerator_of_text(slice, type))
			slice_want(slice, id);
	} else if (text_has(slice, name, NAME_PLAIN, NAME_DEFINED | NAME_MACRO) && !is_compilers(name)) {
		slice_want(slice, id);
		target = struct_behind(slice, type->type, false);
		if (target)
			slice_want(slice, target);
	}
}

void slice_print(const struct kernel_btf *btf, const struct names *names, const struct btf_matches *matches,
		 const struct drift *drift, struct text *assumed, struct text *out)
{
	struct slice slice = {
		.btf = btf, .names = names, .matches = matches, .drift = drift, .state = allocate_zeroed(btf->count, 1),
		.assumed = assumed,
	};

	slice.check = names_find(names, "LT_CHECK_SLICE") != NULL;
	for (uint32_t i = 0; i < matches->count; i++)
		choose_root(&slice, matches->ids[i]);
	while (slice.work_count)
		follow_members(&slice, slice.work[--slice.work_count]);
	slice_print_types(&slice, out);
	free(slice.state);
	free(slice.work);
	free(slice.owners);
}
