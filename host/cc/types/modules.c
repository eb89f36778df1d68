/* SPDX-License-Identifier: MIT */
#include "modules.h"
#include "ask.h"
#include "memory.h"
#include <stdio.h>
#include <string.h>

enum { MODULES_MAX = 8192 };

struct module {
	const char *name;
	char *data;		/* raw BTF, NULL while it was not asked for */
	size_t size;
	struct btf_sections sections;
	bool useless;		/* there is none, or it is not well-formed */
	const char *joined_for;	/* a name that it defines; NULL: it has not joined in */
};

void modules_begin(struct modules *modules, struct kernel_btf *btf)
{
	modules->btf = btf;
	/* it was found well-formed */
	btf_sections(&modules->kernel, btf->data, btf->size);
}

static uint32_t find_string(const struct btf_sections *sections, const char *name)
{
	size_t size = strlen(name) + 1;
	const char *at = sections->strings, *end = at + sections->strings_size;

	for (; (at = memmem(at, end - at, name, size)); at++)
		if (at == sections->strings || !at[-1])
			return at - sections->strings;
	return UINT32_MAX;
}

struct wanted {
	uint32_t flags;
	uint32_t base_name, own_name;	/* each string stands in one place: the base's, if it has it */
};

static bool is_name(const struct wanted *wanted, uint32_t offset)
{
	return offset && (offset == wanted->base_name || offset == wanted->own_name);
}

static bool has_enumerator(const struct btf_type *type, const struct wanted *wanted)
{
	const char *at = (const char *)(type + 1);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++, at += btf_enumerator_size(type))
		if (is_name(wanted, *(const uint32_t *)at))
			return true;
	return false;
}

static bool type_defines(const struct btf_type *type, const struct wanted *wanted)
{
	switch (btf_kind_of(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return wanted->flags & NAME_TAG && BTF_INFO_VLEN(type->info) && is_name(wanted, type->name_off);
	case BTF_KIND_TYPEDEF:
		return wanted->flags & NAME_PLAIN && is_name(wanted, type->name_off);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return (wanted->flags & NAME_ENUM_TAG && is_name(wanted, type->name_off)) ||
		       (wanted->flags & NAME_PLAIN && has_enumerator(type, wanted));
	default:
		return false;
	}
}

bool btf_defines(const struct btf_sections *base, const struct btf_sections *part, const char *name, uint32_t flags)
{
	struct wanted wanted = { .flags = flags, .base_name = find_string(base, name), .own_name = UINT32_MAX };
	size_t length;

	if (part != base)
		wanted.own_name = find_string(part, name);
	if (wanted.own_name != UINT32_MAX)
		wanted.own_name += base->strings_size;
	if (wanted.base_name == UINT32_MAX && wanted.own_name == UINT32_MAX)
		return false;
	for (size_t at = 0; at < part->types_size; at += length) {
		const struct btf_type *type = (const void *)(part->types + at);

		length = btf_type_size(type, part->types_size - at);
		if (!length)
			return false;
		if (type_defines(type, &wanted))
			return true;
	}
	return false;
}

/* The parent lists them in the order in which they are to be looked at. */
static void list(struct modules *modules)
{
	size_t size;
	char *names = ask_file(&size, "modules"), *end;

	modules->listed = true;
	for (char *at = names; at && *at && modules->count < MODULES_MAX; at = end) {
		size_t length = strcspn(at, "\n");

		end = at + length + (at[length] == '\n');
		if (!(modules->count & (modules->count + 1)) || !modules->list)
			modules->list = reallocate(modules->list, (2 * modules->count + 2) * sizeof(*modules->list));
		modules->list[modules->count++] = (struct module){ .name = copy_string(at, length) };
	}
	free(names);
}

static bool load(struct module *module)
{
	if (module->data || module->useless)
		return !module->useless;
	module->data = ask_file(&module->size, "btf %s", module->name);
	module->useless = !module->data || btf_sections(&module->sections, module->data, module->size);
	return !module->useless;
}

static bool join(struct modules *modules, struct module *module, const char *name)
{
	module->useless = btf_add_module(modules->btf, module->data, module->size) != NULL;
	if (!module->useless)
		module->joined_for = copy_string(name, strlen(name));
	return !module->useless;
}

bool modules_learn(struct modules *modules, const char *name, uint32_t flags)
{
	const struct btf_sections *kernel = &modules->kernel;

	if (btf_defines(kernel, kernel, name, flags))
		return false;
	if (!modules->listed)
		list(modules);
	for (uint32_t i = 0; i < modules->count; i++)
		if (modules->list[i].joined_for && btf_defines(kernel, &modules->list[i].sections, name, flags))
			return false;
	for (uint32_t i = 0; i < modules->count; i++) {
		struct module *module = &modules->list[i];

		if (!module->joined_for && load(module) && btf_defines(kernel, &module->sections, name, flags) &&
		    join(modules, module, name))
			return true;
	}
	if (flags & NAME_TAG)
		names_add(&modules->missing, name, strlen(name), NAME_TAG);
	return false;
}

void modules_report(const struct modules *modules, struct notes *notes)
{
	for (uint32_t i = 0; i < modules->count; i++)
		if (modules->list[i].joined_for)
			notes_note(notes, "%s: of module '%s'", modules->list[i].joined_for, modules->list[i].name);
}

void modules_report_missing(const struct modules *modules, struct notes *notes)
{
	for (size_t i = 0; i < modules->missing.room; i++) {
		const char *tag = modules->missing.slots[i].text;

		if (tag)
			notes_always(notes, "struct %s is neither in the kernel's types nor in those of its %u loaded modules; if a "
				     "module defines it, load that first (modprobe)", tag, modules->count);
	}
}
