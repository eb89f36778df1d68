/* SPDX-License-Identifier: MIT
 *
 * Types without what qualifies them, and members of structs by name.
 */
#include "types.h"
#include <string.h>

/* Of structs in structs, and of typedefs of typedefs. */
enum { MAX_DEPTH = 32 };

uint32_t lt_type_skip_qualifiers(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (int depth = 0; depth < MAX_DEPTH && (btf_is_mod(type) || btf_is_type_tag(type)); depth++) {
		id = type->type;
		type = btf__type_by_id(btf, id);
	}
	return id;
}

uint32_t lt_type_strip(const struct btf *btf, uint32_t id)
{
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		const struct btf_type *type;

		id = lt_type_skip_qualifiers(btf, id);
		type = btf__type_by_id(btf, id);
		if (!btf_is_typedef(type))
			break;
		id = type->type;
	}
	return id;
}

static bool find_member(const struct btf *btf, uint32_t id, const char *name, uint64_t base, int depth,
			struct lt_type_member *out)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	if (!type || depth > MAX_DEPTH || !btf_is_composite(type))
		return false;
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *own = btf__name_by_offset(btf, member->name_off);
		uint64_t offset = base + btf_member_bit_offset(type, i);

		if (!strcmp(own, name)) {
			*out = (struct lt_type_member){ member->type, offset, btf_member_bitfield_size(type, i) };
			return true;
		}
		/* members of an unnamed struct are the outer one's */
		if (!*own && find_member(btf, lt_type_strip(btf, member->type), name, offset, depth + 1, out))
			return true;
	}
	return false;
}

bool lt_type_member(const struct btf *btf, uint32_t id, const char *name, struct lt_type_member *out)
{
	return find_member(btf, id, name, 0, 0, out);
}

void lt_type_offer_members(const struct btf *btf, uint32_t id, lt_similar *similar, int depth)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (uint32_t i = 0; depth < MAX_DEPTH && btf_is_composite(type) && i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *own = btf__name_by_offset(btf, member->name_off);

		if (*own)
			lt_similar_offer(similar, own, strlen(own));
		else
			lt_type_offer_members(btf, lt_type_strip(btf, member->type), similar, depth + 1);
	}
}
