/* SPDX-License-Identifier: MIT */
#include "spec.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum shape shape_of(const struct kernel_btf *btf, uint32_t id)
{
	id = btf_resolve(btf, id);
	switch (id ? btf_kind_of(btf_at(btf, id)) : BTF_KIND_UNKN) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return SHAPE_NUMBER;
	case BTF_KIND_PTR:
		return SHAPE_POINTER;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return SHAPE_STRUCT;
	case BTF_KIND_ARRAY:
		return SHAPE_ARRAY;
	default:
		return SHAPE_OTHER;
	}
}

bool is_signed(const struct kernel_btf *btf, uint32_t id)
{
	const struct btf_type *type;

	id = btf_resolve(btf, id);
	type = id ? btf_at(btf, id) : NULL;
	if (type && btf_kind_of(type) == BTF_KIND_INT)
		return BTF_INT_ENCODING(*(const uint32_t *)(type + 1)) & BTF_INT_SIGNED;
	return type && btf_is_enumeration(type) && BTF_INFO_KFLAG(type->info);
}

/* "___" and what follows is no part of a name, unless it begins so. */
static size_t name_length(const char *name)
{
	const char *flavor = *name ? strstr(name + 1, "___") : NULL;

	return flavor ? (size_t)(flavor - name) : strlen(name);
}

static void set_root(const struct kernel_btf *own, uint32_t id, struct spec *spec)
{
	spec->root = btf_string(own, btf_at(own, id)->name_off);
	spec->root_length = name_length(spec->root);
	spec->root_kind = btf_kind_of(btf_at(own, id));
}

static bool parse_enumerator(const struct kernel_btf *own, const struct btf_type *type, const char *access,
			     struct spec *spec)
{
	unsigned long index = strtoul(access, NULL, 10);
	const uint8_t *at = (const uint8_t *)(type + 1);

	if (index >= BTF_INFO_VLEN(type->info))
		return false;
	spec->enumerator = btf_string(own, *(const uint32_t *)(at + index * btf_enumerator_size(type)));
	spec->enumerator_length = name_length(spec->enumerator);
	return *spec->enumerator;
}

static bool add_step(struct spec *spec, const char *name, uint32_t index, enum shape shape)
{
	if (spec->count == STEPS_MOST)
		return false;
	spec->steps[spec->count++] = (struct step){ name, name ? strlen(name) : 0, index, shape, spec->bits };
	return true;
}

/* From `*id` to what number `index` in it is. */
static bool enter(const struct kernel_btf *own, uint32_t *id, unsigned long index, struct spec *spec)
{
	const struct btf_type *type = btf_at(own, *id);

	if (btf_is_struct_or_union(type)) {
		const struct btf_member *member = (const struct btf_member *)(type + 1) + index;
		struct btf_field field;

		if (index >= BTF_INFO_VLEN(type->info))
			return false;
		field = btf_field(type, member);
		spec->bits += field.offset;
		spec->bit_size = field.bits;
		*id = member->type;
		return !member->name_off || add_step(spec, btf_string(own, member->name_off), 0, shape_of(own, *id));
	}
	if (btf_kind_of(type) != BTF_KIND_ARRAY)
		return false;
	*id = ((const struct btf_array *)(type + 1))->type;
	spec->bits += index * btf_size(own, *id) * 8;
	return add_step(spec, NULL, index, shape_of(own, *id));
}

bool spec_parse(const struct kernel_btf *own, uint32_t id, const char *access, struct spec *spec)
{
	char *end;

	*spec = (struct spec){ 0 };
	id = btf_skip_modifiers(own, id);
	if (!id)
		return false;
	set_root(own, id, spec);
	id = btf_resolve(own, id);
	if (!id)
		return false;
	if (btf_is_enumeration(btf_at(own, id)))
		return parse_enumerator(own, btf_at(own, id), access, spec);
	spec->first = strtoul(access, &end, 10);
	spec->bits = spec->first * btf_size(own, id) * 8;
	while (*end == ':') {
		unsigned long index = strtoul(end + 1, &end, 10);

		if (!enter(own, &id, index, spec))
			return false;
		id = btf_resolve(own, id);
		if (!id && *end)
			return false;
	}
	spec->size = btf_size(own, id);
	spec->shape = shape_of(own, id);
	spec->is_signed = is_signed(own, id);
	return !*end;
}

void spec_named(const char *name, struct spec *spec)
{
	bool is_struct = !strncmp(name, "struct ", strlen("struct ")), is_union = !strncmp(name, "union ", strlen("union "));

	name += is_struct ? strlen("struct ") : is_union ? strlen("union ") : 0;
	*spec = (struct spec){
		.root = name, .root_length = strcspn(name, ".["),
		.root_kind = is_struct ? BTF_KIND_STRUCT : is_union ? BTF_KIND_UNION : BTF_KIND_TYPEDEF,
	};
	for (name += spec->root_length; *name && spec->count < STEPS_MOST; ) {
		struct step *step = &spec->steps[spec->count++];

		*step = (struct step){ 0 };
		if (*name == '[') {
			step->index = strtoul(name + 1, NULL, 10);
			name += strcspn(name, "]");
			name += *name == ']';
		} else {
			step->name = name + 1;
			step->length = strcspn(name + 1, ".[");
			name += 1 + step->length;
		}
	}
}

void spec_describe(const struct spec *spec, char *out, size_t size)
{
	const char *keyword = spec->root_kind == BTF_KIND_UNION ? "union " : spec->root_kind == BTF_KIND_STRUCT ? "struct " :
			      spec->root_kind == BTF_KIND_TYPEDEF ? "" : "enum ";
	size_t length = snprintf(out, size, "%s%.*s", keyword, (int)spec->root_length, spec->root);

	if (spec->enumerator)
		snprintf(out, size, "%.*s", (int)spec->enumerator_length, spec->enumerator);
	for (uint32_t i = 0; i < spec->count && length < size; i++) {
		if (spec->steps[i].name)
			length += snprintf(out + length, size - length, ".%.*s", (int)spec->steps[i].length, spec->steps[i].name);
		else
			length += snprintf(out + length, size - length, "[%u]", spec->steps[i].index);
	}
}
