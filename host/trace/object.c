/* SPDX-License-Identifier: MIT
 *
 * Objects: opened from an ELF file in memory, loaded as one, freed in the order links, outputs, programs, maps.
 */
#include "object.h"
#include "line_info.h"
#include "map_notes.h"
#include "near.h"
#include "usdt_table.h"
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libbpf speaks to stderr unless told otherwise; our messages are made where the fact is known. */
static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return lt_verbosity() < 2 ? 0 : vfprintf(stderr, format, args);
}

static int open_bytes(const void *elf, uint64_t size, struct bpf_object **out)
{
	/* Names the maps of global variables: the kernel gives a name 15 characters. */
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "luatrace");

	libbpf_set_print(print_libbpf);
	*out = bpf_object__open_mem(elf, size, &opts);
	if (*out)
		return 0;
	/* libbpf has error numbers of its own above 4000. */
	return errno > 0 && errno < 4000 ? -errno : -EINVAL;
}

int lt_object_reopen(const lt_object *object, struct bpf_object **out)
{
	return open_bytes(object->elf, object->elf_size, out);
}

int lt_object_reopen_for(const lt_object *object, const char *section, struct bpf_object **out)
{
	void *copy = malloc(object->elf_size);
	int code = -ENOMEM;

	if (copy) {
		memcpy(copy, object->elf, object->elf_size);
		lt_line_info_keep(copy, object->elf_size, object->btf, section);
		code = open_bytes(copy, object->elf_size, out);
	}
	free(copy);
	return code;
}

/* Ends the use of an opened object after bpf_program__set_attach_target() has failed in it: libbpf 1.1 frees the
 * kernel's BTF, 5.5 MB that it read for that, at the end of loading only, never in bpf_object__close(). */
void lt_object_abandon(struct bpf_object *opened)
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_program(program, opened)
		bpf_program__set_autoload(program, false);
	bpf_object__for_each_map(map, opened)
		bpf_map__set_autocreate(map, false);
	bpf_object__load(opened);
}

static int copy_btf(lt_object *object)
{
	const struct btf *btf = bpf_object__btf(object->opened);
	const void *raw;
	uint32_t size;

	if (!btf)
		return 0;
	raw = btf__raw_data(btf, &size);
	object->btf = raw ? btf__new(raw, size) : NULL;
	return object->btf ? 0 : -ENOMEM;
}

static int describe_program(const lt_object *object, const struct bpf_program *from, struct lt_program *program)
{
	char target[512] = "";

	program->name = strdup(bpf_program__name(from));
	program->section = strdup(bpf_program__section_name(from));
	if (!program->name || !program->section)
		return -ENOMEM;
	program->ops = lt_kind_of_section(program->section, target, sizeof(target));
	if (!program->ops) {
		program->ops = lt_kind_of_name(program->name, target, sizeof(target));
		program->auto_attach = program->ops && !program->ops->on_demand;
	}
	if (!program->ops)
		program->ops = lt_kind_of_context(object->btf, program->name);
	program->target = strdup(target);
	return program->target ? 0 : -ENOMEM;
}

static int describe_map(const struct bpf_map *from, struct lt_map *map)
{
	const char *name = bpf_map__name(from);

	map->internal = bpf_map__is_internal(from);
	/* "luatrace.bss" is the section .bss. */
	if (map->internal && strchr(name, '.'))
		name = strchr(name, '.');
	if (!strncmp(name, "__lt_", 5))
		map->internal = true;
	map->name = strdup(name);
	map->type = bpf_map__type(from);
	map->key_size = bpf_map__key_size(from);
	map->value_size = bpf_map__value_size(from);
	map->max_entries = bpf_map__max_entries(from);
	map->flags = bpf_map__map_flags(from);
	map->key_type_id = bpf_map__btf_key_type_id(from);
	map->value_type_id = bpf_map__btf_value_type_id(from);
	map->fd = -1;
	map->template_fd = -1;
	return map->name ? 0 : -ENOMEM;
}

/* Variables are read in place. libbpf (1.1) lets a section's map be mapped only when one of its variables is not
 * static; the dialect's all are. */
static void make_mappable(struct bpf_map *map)
{
	const char *section = strchr(bpf_map__name(map), '.');

	if (bpf_map__is_internal(map) && section &&
	    (!strncmp(section, ".data", 5) || !strncmp(section, ".bss", 4) || lt_section_is_constant(section)))
		bpf_map__set_map_flags(map, bpf_map__map_flags(map) | BPF_F_MMAPABLE);
}

static int describe(lt_object *object)
{
	struct bpf_program *program;
	struct bpf_map *map;
	uint32_t programs = 0, maps = 0;
	int code = copy_btf(object);

	bpf_object__for_each_program(program, object->opened)
		programs++;
	bpf_object__for_each_map(map, object->opened)
		maps++;
	object->programs = calloc(programs + 1, sizeof(*object->programs));
	object->maps = calloc(maps + 1, sizeof(*object->maps));
	if (!object->programs || !object->maps)
		return -ENOMEM;
	bpf_object__for_each_program(program, object->opened)
		if (!code)
			code = describe_program(object, program, &object->programs[object->program_count++]);
	bpf_object__for_each_map(map, object->opened) {
		make_mappable(map);
		if (!code)
			code = describe_map(map, &object->maps[object->map_count++]);
	}
	return code ? code : lt_map_notes_read(object);
}

int lt_object_open(const void *elf, uint64_t size, lt_object **out, lt_error *err)
{
	lt_object *object = calloc(1, sizeof(*object));
	int code = -ENOMEM;

	*out = NULL;
	if (!object)
		goto fail;
	object->elf = malloc(size + 1);
	if (!object->elf)
		goto fail;
	if (size)
		memcpy(object->elf, elf, size);
	object->elf_size = size;
	if (lt_is_relocatable(object->elf, size) && (code = lt_relocate(object->elf, size, &object->relocation, err)))
		goto out;
	code = lt_object_reopen(object, &object->opened);
	if (code == -EINVAL) {
		lt_fail(err, code, "object: not a BPF object that libbpf understands; -vv shows what it minds");
		goto out;
	}
	if (!code)
		code = describe(object);
	if (!code) {
		*out = object;
		return 0;
	}
fail:
	lt_fail(err, code, "object: can't be opened: %s", strerror(-code));
out:
	lt_object_free(object);
	return code;
}

int lt_object_hold(lt_object *object, const char *name)
{
	int found = name ? -ENOENT : 0;

	for (uint32_t i = 0; i < object->program_count; i++) {
		if (name && strcmp(object->programs[i].name, name))
			continue;
		object->programs[i].auto_attach = false;
		found = 0;
	}
	return found;
}

void lt_object_free(lt_object *object)
{
	if (!object)
		return;
	lt_links_free(object);
	lt_outputs_free(object);
	for (uint32_t i = 0; i < object->program_count; i++)
		lt_program_release(&object->programs[i]);
	for (uint32_t i = 0; i < object->map_count; i++) {
		lt_map_unmap(&object->maps[i]);
		if (object->maps[i].fd >= 0)
			close(object->maps[i].fd);
		if (object->maps[i].template_fd >= 0)
			close(object->maps[i].template_fd);
		free(object->maps[i].name);
		free(object->maps[i].inner);
		free(object->maps[i].pin_path);
		free(object->maps[i].initial);
	}
	bpf_object__close(object->opened);
	btf__free(object->btf);
	lt_usdt_table_free(object->usdt);
	free(object->programs);
	free(object->maps);
	lt_relocation_release(&object->relocation);
	free(object->elf);
	free(object);
}

uint32_t lt_object_program_count(const lt_object *object)
{
	return object->program_count;
}

int lt_object_find_program(const lt_object *object, const char *name)
{
	for (uint32_t i = 0; i < object->program_count; i++)
		if (!strcmp(object->programs[i].name, name))
			return (int)i;
	return -ENOENT;
}

struct lt_program *lt_object_program_named(const lt_object *object, const char *name, lt_error *err)
{
	int index = lt_object_find_program(object, name);
	char names[LT_NEAR_SIZE];
	lt_similar similar;

	if (index >= 0)
		return &object->programs[index];
	lt_similar_start(&similar, name);
	for (uint32_t i = 0; i < object->program_count; i++)
		lt_similar_offer(&similar, object->programs[i].name, strlen(object->programs[i].name));
	lt_near_write(&similar, names, sizeof(names));
	lt_fail(err, -ENOENT, "program '%s': the text has no such function (static ones are no programs)%s",
		name, names);
	return NULL;
}

const void *lt_object_btf(const lt_object *object, uint64_t *size)
{
	uint32_t bytes = 0;
	const void *raw = object->btf ? btf__raw_data(object->btf, &bytes) : NULL;

	*size = raw ? bytes : 0;
	return raw;
}

uint32_t lt_object_map_count(const lt_object *object)
{
	return object->map_count;
}

int lt_object_map(const lt_object *object, uint32_t index, lt_map_info *out)
{
	const struct lt_map *map;

	if (index >= object->map_count)
		return -ENOENT;
	map = &object->maps[index];
	*out = (lt_map_info){
		.name = map->name,
		.type = map->type,
		.key_size = map->key_size,
		.value_size = map->value_size,
		.max_entries = map->max_entries,
		.flags = map->flags,
		.fd = map->fd,
		.key_type_id = map->key_type_id,
		.value_type_id = map->value_type_id,
		.internal = map->internal,
		.exported = map->exported,
		.histogram = map->histogram,
		.external = map->external,
		.pin_path = map->pin_path,
		.inner = map->inner,
	};
	return 0;
}

int lt_object_find_map(const lt_object *object, const char *name)
{
	for (uint32_t i = 0; i < object->map_count; i++)
		if (!strcmp(object->maps[i].name, name))
			return (int)i;
	return -ENOENT;
}

struct lt_map *lt_object_map_named(const lt_object *object, const char *name)
{
	int index = lt_object_find_map(object, name);

	return index < 0 ? NULL : &object->maps[index];
}
