/* SPDX-License-Identifier: MIT
 *
 * Types and enumerators that a module has, of what may have been built into the kernel that the object was made on.
 */
#include "target.h"
#include "../kernel/module_btf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_whole(const struct btf_type *type)
{
	uint32_t kind = btf_kind_of(type);

	if (btf_is_struct_or_union(type) || btf_is_enumeration(type))
		return BTF_INFO_VLEN(type->info);
	return kind == BTF_KIND_TYPEDEF;
}

static bool is_missing(const struct target *target, const struct wanted *wanted)
{
	for (uint32_t i = 0; i < wanted->id_count; i++)
		if (is_whole(btf_at(&target->btf, wanted->ids[i])))
			return false;
	return wanted->needed;
}

static bool any_missing(const struct target *target)
{
	for (uint32_t i = 0; i < target->wanted_count; i++)
		if (is_missing(target, &target->wanted[i]))
			return true;
	return false;
}

/* Its strings go on where the kernel's own end. */
static bool is_name(const struct target *target, const struct btf_sections *module, uint32_t at,
		    const struct wanted *wanted)
{
	uint32_t base = target->btf.base_strings_size;
	const char *name = at < base ? target->btf.strings + at :
			   at - base < module->strings_size ? module->strings + at - base : "";

	return strlen(name) == wanted->length && !memcmp(name, wanted->name, wanted->length);
}

static bool has_enumerator(const struct target *target, const struct btf_sections *module, const struct btf_type *type,
			   const struct wanted *wanted)
{
	const uint8_t *at = (const uint8_t *)(type + 1);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++, at += btf_enumerator_size(type))
		if (is_name(target, module, *(const uint32_t *)at, wanted))
			return true;
	return false;
}

static bool defines(const struct target *target, const struct btf_sections *module, const struct wanted *wanted)
{
	size_t length;

	for (size_t at = 0; at < module->types_size; at += length) {
		const struct btf_type *type = (const void *)(module->types + at);

		length = btf_type_size(type, module->types_size - at);
		if (!length)
			return false;
		if (is_whole(type) && (is_name(target, module, type->name_off, wanted) ||
				       (btf_is_enumeration(type) && has_enumerator(target, module, type, wanted))))
			return true;
	}
	return false;
}

static void *read_module(const char *name, size_t *size)
{
	const lt_compile_opts running = { 0 };
	int fd = lt_module_btf_open(&running, name);
	struct stat info;
	char *data = NULL;
	ssize_t got = 1;

	*size = 0;
	if (fd >= 0 && !fstat(fd, &info))
		data = malloc(info.st_size + 1);
	while (data && got > 0 && *size < (size_t)info.st_size) {
		got = read(fd, data + *size, info.st_size - *size);
		*size += got > 0 ? got : 0;
	}
	if (fd >= 0)
		close(fd);
	return data;
}

static bool join(struct target *target, const char *name)
{
	struct btf_sections sections;
	bool joins = false;
	size_t size;
	void *data = read_module(name, &size);

	if (data && !btf_sections(&sections, data, size))
		for (uint32_t i = 0; !joins && i < target->wanted_count; i++)
			joins = is_missing(target, &target->wanted[i]) && defines(target, &sections, &target->wanted[i]);
	joins = joins && !btf_add_module(&target->btf, data, size);
	free(data);
	return joins;
}

bool target_join_modules(struct target *target)
{
	const lt_compile_opts running = { 0 };
	int fd = any_missing(target) ? lt_module_btf_list(&running) : -1;
	FILE *list = fd >= 0 ? fdopen(fd, "r") : NULL;
	char name[256];
	bool any = false;

	if (list)
		rewind(list);
	while (list && fscanf(list, "%255s", name) == 1)
		any |= join(target, name);
	if (list)
		fclose(list);
	else if (fd >= 0)
		close(fd);
	return any;
}
