/* SPDX-License-Identifier: MIT */
#include "target.h"
#include "../error.h"
#include "../kernel/drift.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool target_want(struct target *target, const char *name, size_t length, bool needed)
{
	struct wanted *more;

	for (uint32_t i = 0; i < target->wanted_count; i++)
		if (target->wanted[i].length == length && !memcmp(target->wanted[i].name, name, length)) {
			target->wanted[i].needed |= needed;
			return true;
		}
	more = realloc(target->wanted, (target->wanted_count + 1) * sizeof(*more));
	if (!more)
		return false;
	target->wanted = more;
	target->wanted[target->wanted_count++] = (struct wanted){ .name = name, .length = length, .needed = needed };
	return true;
}

bool target_want_copy(struct target *target, const char *name, size_t length)
{
	char *copy = strndup(name, length), **more;

	more = copy ? realloc(target->copies, (target->copy_count + 1) * sizeof(*more)) : NULL;
	if (!more) {
		free(copy);
		return false;
	}
	target->copies = more;
	target->copies[target->copy_count++] = copy;
	return target_want(target, copy, length, false);
}

/* The file as it lies in the kernel, since 6.16; else a copy, in memory that the kernel gives whole and takes back. */
static void *map_file(int fd, size_t size)
{
	void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	size_t done = 0;
	ssize_t got = 1;

	if (data != MAP_FAILED)
		return data;
	data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	while (data != MAP_FAILED && done < size && got > 0) {
		got = read(fd, (char *)data + done, size - done);
		done += got > 0 ? got : 0;
	}
	if (data != MAP_FAILED && done == size)
		return data;
	if (data != MAP_FAILED)
		munmap(data, size);
	return NULL;
}

static int read_btf(struct target *target, lt_error *err)
{
	static const char path[] = "/sys/kernel/btf/vmlinux";
	int fd = open(path, O_RDONLY | O_CLOEXEC), code;
	const char *wrong;
	struct stat info;

	if (fd < 0 || fstat(fd, &info)) {
		code = -errno;
		if (fd >= 0)
			close(fd);
		return lt_fail(err, code, "kernel BTF: %s: %s; an object for any kernel needs it", path, strerror(-code));
	}
	target->data = map_file(fd, info.st_size);
	target->size = target->data ? info.st_size : 0;
	close(fd);
	wrong = target->data ? btf_index(&target->btf, target->data, target->size) : "it cannot be read";
	return wrong ? lt_fail(err, -EINVAL, "kernel BTF: it is not well-formed: %s", wrong) : 0;
}

static bool is_wanted(const struct wanted *wanted, const char *string, size_t length)
{
	return wanted->length == length && !memcmp(wanted->name, string, length);
}

static unsigned first_byte(const char *string)
{
	return (unsigned char)*string;
}

/* A string stands in BTF once. */
static void find_strings(struct target *target)
{
	const char *begin = target->btf.strings, *end = begin + target->btf.strings_size;
	uint64_t firsts[4] = { 0 };

	for (uint32_t i = 0; i < target->wanted_count; i++)
		firsts[first_byte(target->wanted[i].name) / 64] |= 1ull << first_byte(target->wanted[i].name) % 64;
	for (const char *at = begin; at < end; ) {
		size_t length = strlen(at);

		if (firsts[first_byte(at) / 64] >> first_byte(at) % 64 & 1)
			for (uint32_t i = 0; i < target->wanted_count; i++)
				if (is_wanted(&target->wanted[i], at, length))
					target->wanted[i].offset = at - begin;
		at += length + 1;
	}
}

static bool add_id(struct target *target, uint32_t name, uint32_t id)
{
	for (uint32_t i = 0; i < target->wanted_count; i++) {
		struct wanted *wanted = &target->wanted[i];
		uint32_t *more;

		if (wanted->offset != name)
			continue;
		more = realloc(wanted->ids, (wanted->id_count + 1) * sizeof(*more));
		if (!more)
			return false;
		wanted->ids = more;
		wanted->ids[wanted->id_count++] = id;
	}
	return true;
}

static bool find_types(struct target *target)
{
	uint32_t room = (target->btf.strings_size + 8) / 8;
	uint8_t *is_name = calloc(1, room);
	bool ok = is_name;

	for (uint32_t i = 0; ok && i < target->wanted_count; i++)
		is_name[target->wanted[i].offset / 8] |= 1 << target->wanted[i].offset % 8;
	for (uint32_t id = 1; ok && id < target->btf.count; id++) {
		const struct btf_type *type = btf_at(&target->btf, id);
		const uint8_t *at = (const uint8_t *)(type + 1);
		uint32_t name = type->name_off;

		if (name && name / 8 < room && is_name[name / 8] >> name % 8 & 1)
			ok = add_id(target, name, id);
		for (uint32_t i = 0; ok && btf_is_enumeration(type) && i < BTF_INFO_VLEN(type->info); i++) {
			name = *(const uint32_t *)(at + i * btf_enumerator_size(type));
			if (name && name / 8 < room && is_name[name / 8] >> name % 8 & 1)
				ok = add_id(target, name, id);
		}
	}
	free(is_name);
	return ok;
}

int target_find(struct target *target, lt_error *err)
{
	int failed = target->wanted_count ? read_btf(target, err) : 0;

	if (failed || !target->wanted_count)
		return failed;
	find_strings(target);
	if (!find_types(target))
		return lt_fail(err, -ENOMEM, "object: out of memory");
	if (!target_join_modules(target))
		return 0;
	for (uint32_t i = 0; i < target->wanted_count; i++)
		target->wanted[i].id_count = 0;
	find_strings(target);
	return find_types(target) ? 0 : lt_fail(err, -ENOMEM, "object: out of memory");
}

static const struct wanted *find_wanted(const struct target *target, const char *name, size_t length)
{
	for (uint32_t i = 0; i < target->wanted_count; i++)
		if (is_wanted(&target->wanted[i], name, length))
			return &target->wanted[i];
	return NULL;
}

/* Whether it is of the kind that the object has: structs and unions with members, enums with enumerators. */
static bool is_like(const struct target *target, uint32_t id, const struct spec *spec)
{
	const struct btf_type *type = btf_at(&target->btf, id);

	switch (btf_kind_of(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return btf_kind_of(type) == spec->root_kind && BTF_INFO_VLEN(type->info);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return spec->root_kind == BTF_KIND_ENUM || spec->root_kind == BTF_KIND_ENUM64;
	default:
		return btf_kind_of(type) == spec->root_kind;
	}
}

uint32_t target_type(const struct target *target, const struct spec *spec)
{
	const struct wanted *wanted = find_wanted(target, spec->root, spec->root_length);

	for (uint32_t i = 0; wanted && i < wanted->id_count; i++)
		if (is_like(target, wanted->ids[i], spec))
			return wanted->ids[i];
	return 0;
}

/* ---- members --------------------------------------------------------------------------------------------------- */

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
		wanted = find_wanted(target, alias->now, strlen(alias->now));
		if (wanted && wanted->id_count)
			return wanted->ids[0];
	}
	return 0;
}

bool target_place(struct target *target, const struct spec *spec, struct place *place, char *why, size_t size)
{
	const struct wanted *wanted = find_wanted(target, spec->root, spec->root_length);
	struct walk walk = { .btf = &target->btf, .spec = spec, .why = why, .size = size };
	uint32_t renamed;

	snprintf(why, size, "this kernel has no struct %.*s", (int)spec->root_length, spec->root);
	/* the kernel has several structs of some names */
	for (uint32_t i = 0; wanted && i < wanted->id_count; i++)
		if (is_like(target, wanted->ids[i], spec) && walk_steps(&walk, wanted->ids[i], place))
			return true;
	renamed = renamed_root(target, spec);
	return renamed && walk_steps(&walk, renamed, place);
}

/* ---- enumerators ----------------------------------------------------------------------------------------------- */

static bool value_in(const struct kernel_btf *btf, uint32_t id, const char *name, uint64_t *value)
{
	const struct btf_type *type = btf_at(btf, id);
	const uint8_t *at = (const uint8_t *)(type + 1);

	for (uint32_t i = 0; btf_is_enumeration(type) && i < BTF_INFO_VLEN(type->info); i++, at += btf_enumerator_size(type)) {
		const uint32_t *words = (const void *)at;

		if (strcmp(btf_string(btf, words[0]), name))
			continue;
		if (btf_kind_of(type) == BTF_KIND_ENUM64)
			*value = (uint64_t)words[2] << 32 | words[1];
		else
			*value = BTF_INFO_KFLAG(type->info) ? (uint64_t)(int32_t)words[1] : words[1];
		return true;
	}
	return false;
}

bool target_enumerator(struct target *target, const struct spec *spec, uint64_t *value)
{
	const struct wanted *tag = find_wanted(target, spec->root, spec->root_length);
	const struct wanted *own = find_wanted(target, spec->enumerator, strlen(spec->enumerator));

	for (uint32_t i = 0; tag && i < tag->id_count; i++)
		if (value_in(&target->btf, tag->ids[i], spec->enumerator, value))
			return true;
	/* the enum may have had another name, or none */
	for (uint32_t i = 0; own && i < own->id_count; i++)
		if (value_in(&target->btf, own->ids[i], spec->enumerator, value))
			return true;
	return false;
}

void target_release(struct target *target)
{
	for (uint32_t i = 0; i < target->wanted_count; i++)
		free(target->wanted[i].ids);
	for (uint32_t i = 0; i < target->copy_count; i++)
		free(target->copies[i]);
	free(target->copies);
	free(target->wanted);
	free(target->config);
	free(target->format);
	btf_release(&target->btf);
	if (target->data)
		munmap(target->data, target->size);
	*target = (struct target){ 0 };
}
