/* SPDX-License-Identifier: MIT
 *
 * The notes. One is a header (sizes of name and description, type), the name "stapsdt", and a description: three
 * addresses of the file's width, then three strings.
 */
#include "usdt.h"
#include <gelf.h>
#include <string.h>

enum {
	STAPSDT_TYPE = 3,
	STRING_LIMIT = 1024,	/* real ones are below 200 */
};
static const char owner[] = "stapsdt", section_name[] = ".note.stapsdt", base_name[] = ".stapsdt.base";
/* The JVM's, the richest known, has 600 notes in 60 KB. */
static const uint64_t section_limit = 16 << 20;

static uint32_t word_at(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static uint64_t address_at(const uint8_t *at, bool wide)
{
	uint64_t address;

	if (!wide)
		return word_at(at);
	memcpy(&address, at, sizeof(address));
	return address;
}

/* The string at *at, which moves past it; NULL when it does not end before `end`, or has what no such string has and no
 * terminal should get. */
static const char *take_string(const uint8_t **at, const uint8_t *end)
{
	const char *text = (const char *)*at;
	size_t room = (size_t)(end - *at), length = strnlen(text, room);

	if (length == room || length > STRING_LIMIT)
		return NULL;
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return NULL;
	*at += length + 1;
	return text;
}

static bool read_note(const uint8_t *at, size_t size, bool wide, lt_usdt_note *note)
{
	const uint8_t *end = at + size;
	size_t width = wide ? 8 : 4;

	if (size < 3 * width)
		return false;
	note->address = address_at(at, wide);
	note->base = address_at(at + width, wide);
	note->semaphore = address_at(at + 2 * width, wide);
	at += 3 * width;
	note->provider = take_string(&at, end);
	note->name = note->provider ? take_string(&at, end) : NULL;
	note->arguments = note->name ? take_string(&at, end) : NULL;
	/* Without arguments some writers leave that string out. */
	if (note->name && at == end && !note->arguments)
		note->arguments = "";
	return note->arguments && *note->provider && *note->name;
}

static size_t padded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

int lt_usdt_each_note(const void *data, size_t size, bool wide, lt_usdt_note_fn *each, void *arg)
{
	const uint8_t *at = data, *end = at + size;
	int ret = 0;

	while (!ret && (size_t)(end - at) >= 12) {
		size_t name_size = word_at(at), description_size = word_at(at + 4), room;
		uint32_t type = word_at(at + 8);
		const uint8_t *name = at + 12, *description;
		lt_usdt_note note;

		room = (size_t)(end - name);
		/* Beyond a damaged size nothing is certain. */
		if (name_size > room || padded(name_size) > room || description_size > room - padded(name_size))
			break;
		description = name + padded(name_size);
		if (type == STAPSDT_TYPE && name_size == sizeof(owner) && !memcmp(name, owner, sizeof(owner)) &&
		    read_note(description, description_size, wide, &note))
			ret = each(arg, &note);
		room -= padded(name_size);
		at = description + (padded(description_size) < room ? padded(description_size) : room);
	}
	return ret;
}

static const char *name_of(Elf *handle, size_t names, const GElf_Shdr *shdr)
{
	const char *name = elf_strptr(handle, names, shdr->sh_name);

	return name ? name : "";
}

/* Where .stapsdt.base is now, or 0. */
static uint64_t find_base(Elf *handle, size_t names)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(handle, section))) {
		GElf_Shdr shdr;

		if (gelf_getshdr(section, &shdr) && !strcmp(name_of(handle, names, &shdr), base_name))
			return shdr.sh_addr;
	}
	return 0;
}

struct move {
	uint64_t base;
	lt_usdt_note_fn *each;
	void *arg;
};

/* Prelinking moves what is loaded, but not what the notes say of it: how far, the base section tells. */
static int moved(void *arg, const lt_usdt_note *note)
{
	const struct move *move = arg;
	lt_usdt_note now = *note;

	if (move->base && note->base) {
		now.address += move->base - note->base;
		if (now.semaphore)
			now.semaphore += move->base - note->base;
	}
	return move->each(move->arg, &now);
}

int lt_usdt_each(lt_elf *elf, lt_usdt_note_fn *each, void *arg)
{
	struct move move = { .each = each, .arg = arg };
	Elf_Scn *section = NULL;
	GElf_Ehdr ehdr;
	size_t names;
	int ret = 0;

	if (!gelf_getehdr(elf->handle, &ehdr) || elf_getshdrstrndx(elf->handle, &names))
		return 0;
	/* Notes are in the file's byte order; no machine that we run on is big-endian. */
	if (ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return 0;
	move.base = find_base(elf->handle, names);
	while (!ret && (section = elf_nextscn(elf->handle, section))) {
		Elf_Data *data;
		GElf_Shdr shdr;

		if (!gelf_getshdr(section, &shdr) || shdr.sh_type != SHT_NOTE || shdr.sh_size > section_limit ||
		    shdr.sh_flags & SHF_COMPRESSED || strcmp(name_of(elf->handle, names, &shdr), section_name))
			continue;
		/* The bytes as they are: libelf would reorder, and check, by its own idea of notes. */
		data = elf_rawdata(section, NULL);
		if (data && data->d_buf && data->d_size <= section_limit)
			ret = lt_usdt_each_note(data->d_buf, data->d_size, ehdr.e_ident[EI_CLASS] == ELFCLASS64, moved,
						&move);
	}
	return ret;
}
