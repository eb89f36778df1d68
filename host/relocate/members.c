/* SPDX-License-Identifier: MIT
 *
 * Where members lie in this kernel: by the names on the way to them, also those that drift has given them.
 */
#include "target.h"
#include "../kernel/drift.h"
#include <stdio.h>
#include <string.h>

struct walk {
	const struct kernel_btf *btf;
	const struct spec *spec;
	uint32_t type;		/* where it has come to */
	uint64_t bits;
	uint32_t bit_size;
	char *why;
	size_t size;
};

static bool path_matches(const char *path, const struct spec *spec, uint32_t from, uint32_t *steps)
{
	for (*steps = 0; *path; (*steps)++) {
		size_t length = strcspn(path, ".");
		const struct step *step = &spec->steps[from + *steps];

		if (from + *steps >= spec->count || !step->name || step->length != length ||
		    memcmp(step->name, path, length))
			return false;
		path += length + (path[length] == '.');
	}
	return true;
}

static bool go(struct walk *walk, uint32_t id, const char *path, size_t length)
{
	struct drift_place place;

	if (!drift_find(walk->btf, id, path, length, &place) || place.pointer_count)
		return false;
	walk->bits += place.byte * 8ull;
	walk->type = place.type;
	return true;
}

/* "tv_sec=i_mtime_sec,tv_nsec=i_mtime_nsec": what the next step names, else where the first lies. */
static bool go_to_part(struct walk *walk, uint32_t id, const char *now, const struct step *part, uint32_t *taken)
{
	for (const char *at = now; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		const char *path = strchr(at, '=') + 1;
		size_t length = path - 1 - at;

		if (part && (!part->name || part->length != length || memcmp(part->name, at, length)))
			continue;
		*taken = part ? 2 : 1;
		return go(walk, id, path, strcspn(path, ","));
	}
	return false;
}

/* A member that this kernel has under another name, or elsewhere. `*taken`: how many steps that are. */
static bool follow_drift(struct walk *walk, uint32_t id, uint32_t at, uint32_t *taken)
{
	const char *tag = btf_string(walk->btf, btf_at(walk->btf, id)->name_off);
	const struct spec *spec = walk->spec;
	const struct step *step = &spec->steps[at];

	for (const struct alias *alias = drift_table; alias->tag; alias++) {
		bool named;

		if (strcmp(alias->tag, tag) || !alias->name)
			continue;
		named = strlen(alias->name) == step->length && !memcmp(alias->name, step->name, step->length);
		*taken = 1;
		if (named && !strchr(alias->now, '=') && go(walk, id, alias->now, strlen(alias->now)))
			return true;
		if (named && strchr(alias->now, '=') &&
		    go_to_part(walk, id, alias->now, at + 1 < spec->count ? &spec->steps[at + 1] : NULL, taken))
			return true;
		/* and the way back: the object was made where it was `now` */
		if (!strpbrk(alias->now, "=>") && path_matches(alias->now, spec, at, taken) &&
		    go(walk, id, alias->name, strlen(alias->name)))
			return true;
	}
	return false;
}

static bool step_to_member(struct walk *walk, uint32_t id, uint32_t at, uint32_t *taken)
{
	const char *tag = btf_string(walk->btf, btf_at(walk->btf, id)->name_off);
	const struct step *step = &walk->spec->steps[at];
	struct btf_found found;

	*taken = 1;
	walk->bit_size = 0;
	if (!btf_is_struct_or_union(btf_at(walk->btf, id))) {
		snprintf(walk->why, walk->size, "what '%.*s' is a member of is no struct in this kernel",
			 (int)step->length, step->name);
		return false;
	}
	if (btf_find_member(walk->btf, id, step->name, step->length, &found)) {
		walk->bits += found.offset;
		walk->bit_size = found.bits;
		walk->type = found.type;
		return true;
	}
	if (follow_drift(walk, id, at, taken))
		return true;
	snprintf(walk->why, walk->size, "struct %s has no member '%.*s' in this kernel", *tag ? tag : "(without a name)",
		 (int)step->length, step->name);
	return false;
}

static bool step_to_element(struct walk *walk, uint32_t id, uint32_t index)
{
	const struct btf_array *array = (const void *)(btf_at(walk->btf, id) + 1);

	if (btf_kind_of(btf_at(walk->btf, id)) != BTF_KIND_ARRAY || (array->nelems && index >= array->nelems)) {
		snprintf(walk->why, walk->size, "there is no array of %u elements in this kernel", index + 1);
		return false;
	}
	walk->type = array->type;
	walk->bits += index * btf_size(walk->btf, array->type) * 8;
	return true;
}

static bool walk_steps(struct walk *walk, uint32_t root, struct place *place)
{
	const struct spec *spec = walk->spec;
	uint32_t taken;

	walk->type = root;
	walk->bits = spec->first * btf_size(walk->btf, root) * 8;
	for (uint32_t i = 0; i < spec->count; i += taken) {
		uint32_t id = btf_resolve(walk->btf, walk->type);

		taken = 1;
		if (!id || !(spec->steps[i].name ? step_to_member(walk, id, i, &taken) :
			     step_to_element(walk, id, spec->steps[i].index)))
			return false;
		if (spec->steps[i + taken - 1].shape != SHAPE_ANY &&
		    shape_of(walk->btf, walk->type) != spec->steps[i + taken - 1].shape) {
			char text[256];

			spec_describe(spec, text, sizeof(text));
			snprintf(walk->why, walk->size, "%s is of another type in this kernel", text);
			return false;
		}
	}
	*place = (struct place){
		.bits = walk->bits, .bit_size = walk->bit_size, .size = btf_size(walk->btf, walk->type),
		.shape = shape_of(walk->btf, walk->type), .is_signed = is_signed(walk->btf, walk->type),
	};
	return true;
}

/* struct timespec, which is timespec64 now. */
static uint32_t renamed_root(const struct target *target, const struct spec *spec)
{
	for (const struct alias *alias = drift_table; alias->tag; alias++) {
		const struct wanted *wanted;

		if (alias->name || strlen(alias->tag) != spec->root_length || memcmp(alias->tag, spec->root, spec->root_length))
			continue;
		wanted = target_wanted(target, alias->now, strlen(alias->now));
		if (wanted && wanted->id_count)
			return wanted->ids[0];
	}
	return 0;
}

bool target_place(struct target *target, const struct spec *spec, struct place *place, char *why, size_t size)
{
	const struct wanted *wanted = target_wanted(target, spec->root, spec->root_length);
	struct walk walk = { .btf = &target->btf, .spec = spec, .why = why, .size = size };
	uint32_t renamed;

	snprintf(why, size, "this kernel has no struct %.*s", (int)spec->root_length, spec->root);
	/* the kernel has several structs of some names */
	for (uint32_t i = 0; wanted && i < wanted->id_count; i++)
		if (target_is_like(target, wanted->ids[i], spec) && walk_steps(&walk, wanted->ids[i], place))
			return true;
	renamed = renamed_root(target, spec);
	return renamed && walk_steps(&walk, renamed, place);
}
