/* SPDX-License-Identifier: MIT */
#include "target.h"
#include "../error.h"
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

const struct wanted *target_wanted(const struct target *target, const char *name, size_t length)
{
	for (uint32_t i = 0; i < target->wanted_count; i++)
		if (is_wanted(&target->wanted[i], name, length))
			return &target->wanted[i];
	return NULL;
}

bool target_is_like(const struct target *target, uint32_t id, const struct spec *spec)
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
	const struct wanted *wanted = target_wanted(target, spec->root, spec->root_length);

	for (uint32_t i = 0; wanted && i < wanted->id_count; i++)
		if (target_is_like(target, wanted->ids[i], spec))
			return wanted->ids[i];
	return 0;
}

static bool value_in(const struct kernel_btf *btf, uint32_t id, const struct spec *spec, uint64_t *value)
{
	const struct btf_type *type = btf_at(btf, id);
	const uint8_t *at = (const uint8_t *)(type + 1);

	for (uint32_t i = 0; btf_is_enumeration(type) && i < BTF_INFO_VLEN(type->info); i++, at += btf_enumerator_size(type)) {
		const uint32_t *words = (const void *)at;

		if (strncmp(btf_string(btf, words[0]), spec->enumerator, spec->enumerator_length) ||
		    btf_string(btf, words[0])[spec->enumerator_length])
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
	const struct wanted *tag = target_wanted(target, spec->root, spec->root_length);
	const struct wanted *own = target_wanted(target, spec->enumerator, spec->enumerator_length);

	for (uint32_t i = 0; tag && i < tag->id_count; i++)
		if (value_in(&target->btf, tag->ids[i], spec, value))
			return true;
	/* the enum may have had another name, or none */
	for (uint32_t i = 0; own && i < own->id_count; i++)
		if (value_in(&target->btf, own->ids[i], spec, value))
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
