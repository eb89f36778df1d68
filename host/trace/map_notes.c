/* SPDX-License-Identifier: MIT
 *
 * What the dialect notes of maps in section .lt.notes, for a map's definition in BTF has no place for it: texts
 * "VERB MAP WORD", each NUL-terminated (see __LT_NOTE in bpf/dialect/maps.h).
 */
#include "map_notes.h"
#include "section.h"
#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

static int keep(char **word, const char *text)
{
	free(*word);
	*word = strdup(text);
	return *word ? 0 : -ENOMEM;
}

static int take_type(struct lt_map *map, const char *type)
{
	const char *dollar = strchr(type, '$');

	if (!strcmp(type, "extern"))
		map->external = true;
	if (!strcmp(type, "histogram"))
		map->histogram = true;
	return dollar ? keep(&map->inner, dollar + 1) : 0;
}

/* `note` is a copy that may be cut up. */
static int take_note(lt_object *object, char *note)
{
	char *name = strchr(note, ' '), *word = name ? strchr(name + 1, ' ') : NULL;
	struct lt_map *map;

	if (!word)
		return 0;
	*name++ = '\0';
	*word++ = '\0';
	map = lt_object_map_named(object, name);
	if (!map)
		return 0;
	if (!strcmp(note, "pin"))
		return keep(&map->pin_path, word);
	if (!strcmp(note, "type"))
		return take_type(map, word);
	if (!strcmp(note, "export"))
		map->exported = true;
	return 0;
}

int lt_map_notes_read(lt_object *object)
{
	const Elf_Data *notes;
	Elf_Scn *section;
	GElf_Shdr header;
	int code = 0;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_memory(object->elf, object->elf_size);
	section = elf ? lt_elf_section(elf, ".lt.notes", &header) : NULL;
	notes = section ? elf_getdata(section, NULL) : NULL;
	for (size_t at = 0; notes && notes->d_buf && at < notes->d_size && !code; ) {
		const char *note = (const char *)notes->d_buf + at;
		size_t length = strnlen(note, notes->d_size - at);
		char *copy = strndup(note, length);

		code = copy ? take_note(object, copy) : -ENOMEM;
		free(copy);
		at += length + 1;
	}
	elf_end(elf);
	return code;
}
