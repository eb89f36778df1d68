/* SPDX-License-Identifier: MIT */
#include "build_id.h"
#include <gelf.h>
#include <string.h>

enum { NOTES_LIMIT = 1 << 16 };	/* they are some hundred bytes long */

static bool find_in(Elf_Data *data, lt_build_id *id)
{
	size_t at = 0, next, name, description;
	GElf_Nhdr note;

	if (!data || !data->d_buf || data->d_size > NOTES_LIMIT)
		return false;
	while ((next = gelf_getnote(data, at, &note, &name, &description)) > 0) {
		const char *bytes = data->d_buf;

		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(ELF_NOTE_GNU) &&
		    !memcmp(bytes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) && note.n_descsz &&
		    note.n_descsz <= LT_BUILD_ID_MAX) {
			id->size = (uint8_t)note.n_descsz;
			memcpy(id->bytes, bytes + description, note.n_descsz);
			return true;
		}
		at = next;
	}
	return false;
}

lt_build_id lt_elf_build_id(lt_elf *elf)
{
	lt_build_id id = { 0 };
	Elf_Scn *section = NULL;
	size_t count = 0;

	/* Sections first: those of a debug file are whole, its segments are not. */
	while ((section = elf_nextscn(elf->handle, section))) {
		GElf_Shdr shdr;

		if (gelf_getshdr(section, &shdr) && shdr.sh_type == SHT_NOTE && shdr.sh_size <= NOTES_LIMIT &&
		    find_in(elf_getdata(section, NULL), &id))
			return id;
	}
	if (elf_getphdrnum(elf->handle, &count))
		return id;
	for (size_t i = 0; i < count && i < 4096; i++) {
		GElf_Phdr phdr;

		if (gelf_getphdr(elf->handle, (int)i, &phdr) && phdr.p_type == PT_NOTE && phdr.p_filesz <= NOTES_LIMIT &&
		    find_in(elf_getdata_rawchunk(elf->handle, (int64_t)phdr.p_offset, phdr.p_filesz,
						 phdr.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR), &id))
			return id;
	}
	return id;
}

bool lt_build_id_same(const lt_build_id *a, const lt_build_id *b)
{
	return a->size && a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}
