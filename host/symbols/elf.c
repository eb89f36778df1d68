/* SPDX-License-Identifier: MIT */
#include "elf.h"
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SEGMENT_LIMIT = 4096,	/* real files have about ten */
	NAME_LIMIT = 4096,	/* a longer symbol name is passed over */
};
/* Bounds on what a file can make us read into memory. Chromium with all its symbols stays below them. */
static const uint64_t symbols_limit = 256 << 20;
static const uint64_t strings_limit = 512 << 20;

int lt_elf_open_path(const char *path)
{
	/* A FIFO or a device put there instead of a file must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENOEXEC;
	}
	return fd;
}

static int read_segments(lt_elf *elf)
{
	lt_elf_segments *segments = &elf->segments;
	size_t count;

	if (elf_getphdrnum(elf->handle, &count) || count > SEGMENT_LIMIT)
		return -ENOEXEC;
	segments->list = calloc(count + 1, sizeof(*segments->list));
	if (!segments->list)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr phdr;

		if (!gelf_getphdr(elf->handle, (int)i, &phdr))
			return -ENOEXEC;
		if (phdr.p_type != PT_LOAD || !phdr.p_filesz ||
		    phdr.p_vaddr + phdr.p_filesz < phdr.p_vaddr || phdr.p_offset + phdr.p_filesz < phdr.p_offset)
			continue;
		segments->list[segments->count++] = (lt_elf_segment){
			.offset = phdr.p_offset,
			.address = phdr.p_vaddr,
			.size = phdr.p_filesz,
			.executable = phdr.p_flags & PF_X,
		};
	}
	return 0;
}

static int open_handle(lt_elf *elf)
{
	GElf_Ehdr ehdr;
	int ret = -ENOEXEC;

	if (elf->handle && elf_kind(elf->handle) == ELF_K_ELF && gelf_getehdr(elf->handle, &ehdr) &&
	    (ehdr.e_type == ET_EXEC || ehdr.e_type == ET_DYN))
		ret = read_segments(elf);
	if (ret)
		lt_elf_close(elf);
	return ret;
}

int lt_elf_open(lt_elf *elf, int fd)
{
	memset(elf, 0, sizeof(*elf));
	elf_version(EV_CURRENT);
	/* Read, not mapped: a file that is cut short meanwhile would be a SIGBUS. */
	elf->handle = elf_begin(fd, ELF_C_READ, NULL);
	return open_handle(elf);
}

int lt_elf_open_memory(lt_elf *elf, void *image, size_t size)
{
	memset(elf, 0, sizeof(*elf));
	elf_version(EV_CURRENT);
	elf->handle = elf_memory(image, size);
	return open_handle(elf);
}

void lt_elf_close(lt_elf *elf)
{
	elf_end(elf->handle);
	free(elf->segments.list);
	memset(elf, 0, sizeof(*elf));
}

/* A section's bytes if it is of `type` and no larger than `limit`. */
static Elf_Data *section_data(Elf_Scn *section, GElf_Shdr *shdr, uint32_t type, uint64_t limit)
{
	Elf_Data *data;

	if (!section || !gelf_getshdr(section, shdr) || shdr->sh_type != type || !shdr->sh_size ||
	    shdr->sh_size > limit || shdr->sh_flags & SHF_COMPRESSED)
		return NULL;
	data = elf_getdata(section, NULL);
	return data && data->d_buf && data->d_size <= limit ? data : NULL;
}

/* The version numbers that go with a symbol table, or NULL. */
static Elf_Data *version_data(Elf *handle, Elf_Scn *table)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(handle, section))) {
		GElf_Shdr shdr;

		if (gelf_getshdr(section, &shdr) && shdr.sh_type == SHT_GNU_versym &&
		    shdr.sh_link == elf_ndxscn(table))
			return section_data(section, &shdr, SHT_GNU_versym, symbols_limit);
	}
	return NULL;
}

static bool is_old_version(Elf_Data *versions, size_t index, const lt_elf_symbol *symbol, size_t full_length)
{
	GElf_Versym version;

	/* In .symtab the version is part of the name: name@OLD, name@@DEFAULT. */
	if (full_length > symbol->length + 1 && symbol->name[symbol->length + 1] != '@')
		return true;
	return versions && index <= INT32_MAX && gelf_getversym(versions, (int)index, &version) &&
	       version & 0x8000;
}

static int walk_table(lt_elf *elf, Elf_Scn *section, uint32_t type, lt_elf_each_fn *each, void *arg)
{
	GElf_Shdr shdr, strings_shdr;
	Elf_Data *data = section_data(section, &shdr, type, symbols_limit), *strings, *versions;
	size_t count, budget;
	int ret = 0;

	if (!data)
		return 0;
	strings = section_data(elf_getscn(elf->handle, shdr.sh_link), &strings_shdr, SHT_STRTAB, strings_limit);
	if (!strings)
		return 0;
	versions = type == SHT_DYNSYM ? version_data(elf->handle, section) : NULL;
	count = data->d_size / gelf_fsize(elf->handle, ELF_T_SYM, 1, EV_CURRENT);
	/* Names share tails, but a file in which a million symbols share one long name is made to hurt. */
	budget = strings->d_size * 4 + (1 << 20);
	for (size_t i = 1; i < count && i <= INT32_MAX && !ret; i++) {
		lt_elf_symbol symbol = { 0 };
		size_t length, room;
		const char *at;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym) || !sym.st_name || sym.st_name >= strings->d_size)
			continue;
		symbol.name = (const char *)strings->d_buf + sym.st_name;
		room = strings->d_size - sym.st_name;
		if (room > NAME_LIMIT)
			room = NAME_LIMIT;
		length = strnlen(symbol.name, room);
		if (length + 1 > budget)
			break;
		budget -= length + 1;
		/* Lists of names are lines. */
		if (!length || length == room || memchr(symbol.name, '\n', length))
			continue;
		at = memchr(symbol.name, '@', length);
		symbol.length = at ? (size_t)(at - symbol.name) : length;
		symbol.address = sym.st_value;
		symbol.size = sym.st_size;
		symbol.function = GELF_ST_TYPE(sym.st_info) == STT_FUNC;
		symbol.ifunc = GELF_ST_TYPE(sym.st_info) == STT_GNU_IFUNC;
		symbol.binding = GELF_ST_BIND(sym.st_info);
		symbol.defined = sym.st_shndx != SHN_UNDEF;
		symbol.old_version = is_old_version(versions, i, &symbol, length);
		ret = each(arg, &symbol);
	}
	return ret;
}

int lt_elf_each_symbol(lt_elf *elf, lt_elf_each_fn *each, void *arg)
{
	static const uint32_t types[] = { SHT_SYMTAB, SHT_DYNSYM };

	for (int i = 0; i < 2; i++) {
		Elf_Scn *section = NULL;

		while ((section = elf_nextscn(elf->handle, section))) {
			GElf_Shdr shdr;
			int ret;

			if (!gelf_getshdr(section, &shdr) || shdr.sh_type != types[i])
				continue;
			ret = walk_table(elf, section, types[i], each, arg);
			if (ret)
				return ret;
			/* There is one of a kind; more would be there to waste our time. */
			break;
		}
	}
	return 0;
}

bool lt_elf_to_offset(const lt_elf_segments *segments, uint64_t address, uint64_t *offset)
{
	const lt_elf_segment *found = NULL;

	for (uint32_t i = 0; i < segments->count; i++) {
		const lt_elf_segment *s = &segments->list[i];

		if (address >= s->address && address - s->address < s->size &&
		    (!found || (s->executable && !found->executable)))
			found = s;
	}
	if (found)
		*offset = address - found->address + found->offset;
	return found;
}

bool lt_elf_to_address(const lt_elf_segments *segments, uint64_t offset, uint64_t *address)
{
	const lt_elf_segment *found = NULL;

	for (uint32_t i = 0; i < segments->count; i++) {
		const lt_elf_segment *s = &segments->list[i];

		if (offset >= s->offset && offset - s->offset < s->size &&
		    (!found || (s->executable && !found->executable)))
			found = s;
	}
	if (found)
		*address = offset - found->offset + found->address;
	return found;
}
