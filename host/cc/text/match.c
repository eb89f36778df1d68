/* SPDX-License-Identifier: MIT */
#include "match.h"
#include "memory.h"
#include <string.h>

enum { FILTER_BITS = 1 << 16 };

/* Most names of BTF are not the text's: their first bytes say so, without a hash of the whole. */
struct filter {
	uint64_t bits[FILTER_BITS / 64];
};

static uint32_t filter_bit(const char *name)
{
	uint32_t word = 0;

	for (int i = 0; i < 4 && name[i]; i++)
		word |= (uint32_t)(unsigned char)name[i] << 8 * i;
	return word * 2654435761u >> 16;
}

static void fill(struct filter *filter, const struct names *names)
{
	for (size_t i = 0; i < names->room; i++)
		if (names->slots[i].text) {
			uint32_t bit = filter_bit(names->slots[i].text);

			filter->bits[bit / 64] |= 1ull << bit % 64;
		}
}

static struct name *find(const struct filter *filter, const struct names *names, const char *text)
{
	uint32_t bit = filter_bit(text);

	if (!(filter->bits[bit / 64] & 1ull << bit % 64) || !*text)
		return NULL;
	return names_find(names, text);
}

static bool match_enum(const struct filter *filter, const struct kernel_btf *btf, struct names *names,
		       const struct btf_type *type, struct name *tag)
{
	uint32_t stride = btf_kind_of(type) == BTF_KIND_ENUM ? sizeof(struct btf_enum) : 12;
	const char *at = (const char *)(type + 1);
	bool found = tag != NULL;

	if (tag && BTF_INFO_VLEN(type->info))
		tag->flags |= NAME_ENUM_IN_BTF;
	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++, at += stride) {
		struct name *name = find(filter, names, btf_string(btf, *(const uint32_t *)at));

		if (name) {
			name->flags |= NAME_IN_BTF;
			found = true;
		}
	}
	return found;
}

static bool match_type(const struct filter *filter, const struct kernel_btf *btf, struct names *names, uint32_t id)
{
	const struct btf_type *type = btf_at(btf, id);
	struct name *name;

	switch (btf_kind_of(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		name = find(filter, names, btf_string(btf, type->name_off));
		if (name && (BTF_INFO_VLEN(type->info) || !type->size))
			name->flags |= NAME_TAG_IN_BTF;
		return name;
	case BTF_KIND_TYPEDEF:
		name = find(filter, names, btf_string(btf, type->name_off));
		if (name)
			name->flags |= NAME_IN_BTF;
		return name;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return match_enum(filter, btf, names, type, find(filter, names, btf_string(btf, type->name_off)));
	default:
		return false;
	}
}

void btf_match(struct btf_matches *matches, const struct kernel_btf *btf, struct names *names)
{
	struct filter filter = { .bits = { 0 } };

	*matches = (struct btf_matches){ 0 };
	fill(&filter, names);
	for (uint32_t id = 1; id < btf->count; id++) {
		if (!match_type(&filter, btf, names, id))
			continue;
		if (matches->count == matches->room) {
			matches->room = 2 * matches->room + 256;
			matches->ids = reallocate(matches->ids, matches->room * sizeof(*matches->ids));
		}
		matches->ids[matches->count++] = id;
	}
}

/* How many members have names that the text has after `.` or `->`. */
static uint32_t count_members(const struct kernel_btf *btf, const struct names *names, uint32_t id, int depth)
{
	const struct btf_type *type = btf_at(btf, id);
	const struct btf_member *members = (const void *)(type + 1);
	uint32_t count = 0;

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		const char *text = btf_string(btf, members[i].name_off);
		uint32_t inner = *text ? 0 : btf_skip_modifiers(btf, members[i].type);
		const struct name *name = *text ? names_find(names, text) : NULL;

		count += name && (name->flags & NAME_MEMBER);
		if (inner && depth < 8 && btf_is_struct_or_union(btf_at(btf, inner)))
			count += count_members(btf, names, inner, depth + 1);
	}
	return count;
}

uint32_t btf_match_tag(const struct btf_matches *matches, const struct kernel_btf *btf, const struct names *names,
		       const char *tag)
{
	uint32_t best = 0, most = 0;

	for (uint32_t i = 0; i < matches->count; i++) {
		const struct btf_type *type = btf_at(btf, matches->ids[i]);
		uint32_t count;

		if (!btf_is_struct_or_union(type) || !BTF_INFO_VLEN(type->info) || strcmp(btf_string(btf, type->name_off), tag))
			continue;
		/* counted only where there is a choice */
		count = best ? count_members(btf, names, matches->ids[i], 0) : 0;
		if (best && !most)
			most = count_members(btf, names, best, 0);
		if (!best || count > most) {
			best = matches->ids[i];
			most = count;
		}
	}
	return best;
}

static bool has_member(const struct kernel_btf *btf, uint32_t id, const char *member, int depth)
{
	const struct btf_type *type = btf_at(btf, id);
	const struct btf_member *members = (const void *)(type + 1);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		const char *text = btf_string(btf, members[i].name_off);
		uint32_t inner = *text ? 0 : btf_skip_modifiers(btf, members[i].type);

		if (!strcmp(text, member))
			return true;
		if (inner && depth < 8 && btf_is_struct_or_union(btf_at(btf, inner)) && has_member(btf, inner, member, depth + 1))
			return true;
	}
	return false;
}

bool btf_has_member(const struct kernel_btf *btf, uint32_t id, const char *member)
{
	return id && btf_is_struct_or_union(btf_at(btf, id)) && has_member(btf, id, member, 0);
}

void btf_matches_free(struct btf_matches *matches)
{
	free(matches->ids);
	*matches = (struct btf_matches){ 0 };
}
