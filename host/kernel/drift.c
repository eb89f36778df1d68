/* SPDX-License-Identifier: MIT */
#include "drift.h"
#include <ctype.h>
#include <string.h>

static bool is(const char *word, size_t length, const char *text)
{
	return strlen(text) == length && !memcmp(word, text, length);
}

static uint32_t find_struct(const struct kernel_btf *btf, const char *tag, size_t length)
{
	for (uint32_t id = 1; id < btf->count; id++) {
		const struct btf_type *type = btf_at(btf, id);

		if (btf_is_struct_or_union(type) && BTF_INFO_VLEN(type->info) && is(tag, length, btf_string(btf, type->name_off)))
			return id;
	}
	return 0;
}

/* The struct that a member is (`.`) or points to (`->`). */
static uint32_t enter(const struct kernel_btf *btf, uint32_t id, bool pointer)
{
	const struct btf_type *type;

	id = btf_resolve(btf, id);
	if (id && pointer)
		id = btf_kind_of(btf_at(btf, id)) == BTF_KIND_PTR ? btf_resolve(btf, btf_at(btf, id)->type) : 0;
	type = id ? btf_at(btf, id) : NULL;
	if (type && btf_kind_of(type) == BTF_KIND_FWD)
		id = find_struct(btf, btf_string(btf, type->name_off), strlen(btf_string(btf, type->name_off)));
	return id && btf_is_struct_or_union(btf_at(btf, id)) ? id : 0;
}

bool drift_find(const struct kernel_btf *btf, uint32_t id, const char *path, size_t length, struct drift_place *place)
{
	const char *end = path + length;
	struct btf_found member;

	*place = (struct drift_place){ 0 };
	for (const char *at = path;;) {
		const char *word = at;

		while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
			at++;
		if (!btf_find_member(btf, id, word, at - word, &member) || member.bits || member.offset % 8)
			return false;
		place->type = member.type;
		place->byte += member.offset / 8;
		if (at == end)
			return true;
		if (*at == '-') {
			if (place->pointer_count == sizeof(place->pointers) / sizeof(*place->pointers))
				return false;
			place->pointers[place->pointer_count++] = place->byte;
			place->byte = 0;
		}
		id = enter(btf, place->type, *at == '-');
		if (!id)
			return false;
		at += *at == '-' ? 2 : 1;
	}
}

/* Every path of "a=b,c=d", or the one that it is. */
static bool has_all(const struct kernel_btf *btf, uint32_t id, const char *now)
{
	struct drift_place place;

	for (;;) {
		const char *equals = strchr(now, '='), *comma = strchr(now, ',');
		const char *path = equals ? equals + 1 : now, *end = comma ? comma : path + strlen(path);

		if (!drift_find(btf, id, path, end - path, &place))
			return false;
		if (!comma)
			return true;
		now = comma + 1;
	}
}

bool drift_exists(const struct kernel_btf *btf, const struct alias *alias)
{
	uint32_t id;

	if (!alias->name)
		return find_struct(btf, alias->now, strlen(alias->now));
	id = find_struct(btf, alias->tag, strlen(alias->tag));
	return id && has_all(btf, id, alias->now);
}
