/* SPDX-License-Identifier: MIT */
#include "line_info.h"
#include "section.h"
#include <bpf/btf.h>
#include <gelf.h>
#include <libelf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>

/* The beginning of .BTF.ext, as the kernel's documentation of BTF lays it out. */
struct ext_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_size;
	uint32_t func_offset, func_size;
	uint32_t line_offset, line_size;
};

struct section_header {
	uint32_t name;
	uint32_t count;
};

uint32_t lt_line_info_walk(const void *ext, uint64_t ext_size, const struct btf *btf, const char *section,
			   uint32_t offset, const char **source)
{
	const uint8_t *at = ext, *end;
	struct ext_header header;
	struct section_header part;
	uint32_t record_size, line = 0;

	*source = "";
	if (ext_size < sizeof(header))
		return 0;
	memcpy(&header, ext, sizeof(header));
	if ((uint64_t)header.header_size + header.line_offset + header.line_size > ext_size ||
	    header.line_size < sizeof(record_size))
		return 0;
	at += header.header_size + header.line_offset;
	end = at + header.line_size;
	memcpy(&record_size, at, sizeof(record_size));
	at += sizeof(record_size);
	if (record_size < sizeof(struct bpf_line_info))
		return 0;

	while ((size_t)(end - at) >= sizeof(part)) {
		const char *name;
		bool ours;

		memcpy(&part, at, sizeof(part));
		at += sizeof(part);
		name = btf__name_by_offset(btf, part.name);
		ours = name && !strcmp(name, section);
		for (uint32_t i = 0; i < part.count && (size_t)(end - at) >= record_size; i++, at += record_size) {
			struct bpf_line_info info;

			memcpy(&info, at, sizeof(info));
			/* Records ascend: the last one at or before the instruction covers it. */
			if (!ours || info.insn_off > offset)
				continue;
			line = BPF_LINE_INFO_LINE_NUM(info.line_col);
			*source = btf__name_by_offset(btf, info.line_off);
		}
	}
	if (!*source)
		*source = "";
	return line;
}

/* The symbol of a function; its value is where it begins in its section, in bytes. */
static bool find_function(Elf *elf, const char *function, GElf_Sym *symbol)
{
	GElf_Shdr header;
	Elf_Scn *section = lt_elf_section(elf, ".symtab", &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;

	for (int i = 0; data && gelf_getsym(data, i, symbol); i++) {
		const char *name = elf_strptr(elf, header.sh_link, symbol->st_name);

		if (name && GELF_ST_TYPE(symbol->st_info) == STT_FUNC && !strcmp(name, function))
			return true;
	}
	*symbol = (GElf_Sym){ 0 };
	return false;
}

static Elf *open_elf(const void *bytes, uint64_t size)
{
	if (elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	/* libelf does not write to memory it only reads from, though its prototype does not say so. */
	return elf_memory((char *)(uintptr_t)bytes, size);
}

/* The instruction that jumps back the least, counted from the function's beginning; -1 when none does. */
static int64_t innermost_loop(Elf *elf, const char *section, const char *function)
{
	GElf_Shdr header;
	Elf_Scn *scn = lt_elf_section(elf, section, &header);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	int64_t found = -1;
	int16_t nearest = INT16_MIN;
	GElf_Sym symbol;

	if (!data || !find_function(elf, function, &symbol) || symbol.st_value > data->d_size ||
	    symbol.st_size > data->d_size - symbol.st_value)
		return -1;
	for (uint64_t i = 0; i < symbol.st_size / sizeof(struct bpf_insn); i++) {
		struct bpf_insn insn;

		memcpy(&insn, (const char *)data->d_buf + symbol.st_value + i * sizeof(insn), sizeof(insn));
		/* the second half of a 16-byte instruction has code 0 */
		if ((BPF_CLASS(insn.code) != BPF_JMP && BPF_CLASS(insn.code) != BPF_JMP32) ||
		    BPF_OP(insn.code) == BPF_CALL || insn.off >= 0 || insn.off <= nearest)
			continue;
		nearest = insn.off;
		found = (int64_t)i;
	}
	return found;
}

static uint32_t find_line(Elf *elf, const struct btf *btf, const char *section, const char *function, uint32_t insn,
			  const char **source)
{
	GElf_Shdr header;
	Elf_Scn *ext = lt_elf_section(elf, ".BTF.ext", &header);
	Elf_Data *data = ext ? elf_getdata(ext, NULL) : NULL;
	GElf_Sym symbol;

	if (!data)
		return 0;
	find_function(elf, function, &symbol);
	return lt_line_info_walk(data->d_buf, data->d_size, btf, section, (uint32_t)symbol.st_value + insn * 8, source);
}

uint32_t lt_line_info_find(const void *bytes, uint64_t elf_size, const struct btf *btf, const char *section,
			   const char *function, uint32_t insn, const char **source)
{
	Elf *elf = btf ? open_elf(bytes, elf_size) : NULL;
	uint32_t line = 0;

	*source = "";
	if (elf)
		line = find_line(elf, btf, section, function, insn, source);
	elf_end(elf);
	return line;
}

uint32_t lt_line_info_loop(const void *bytes, uint64_t elf_size, const struct btf *btf, const char *section,
			   const char *function, const char **source)
{
	Elf *elf = btf ? open_elf(bytes, elf_size) : NULL;
	int64_t insn = elf ? innermost_loop(elf, section, function) : -1;
	uint32_t line = 0;

	*source = "";
	if (insn >= 0)
		line = find_line(elf, btf, section, function, (uint32_t)insn, source);
	elf_end(elf);
	return line;
}

/* Moves what is kept to the front of functions or of lines. Their new size. */
static uint32_t keep_in_part(uint8_t *part, uint32_t size, const struct btf *btf, const char *section)
{
	uint8_t *end = part + size, *from, *to;
	uint32_t record_size;

	if (size < sizeof(record_size))
		return size;
	memcpy(&record_size, part, sizeof(record_size));
	from = to = part + sizeof(record_size);
	while ((size_t)(end - from) >= sizeof(struct section_header)) {
		struct section_header header;
		uint64_t length;
		const char *name;

		memcpy(&header, from, sizeof(header));
		length = sizeof(header) + (uint64_t)header.count * record_size;
		if (length > (uint64_t)(end - from))
			break;
		name = btf__name_by_offset(btf, header.name);
		if (name && (!strcmp(name, section) || !strcmp(name, ".text"))) {
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	/* a part without sections is not to be there */
	return to == part + sizeof(record_size) ? 0 : (uint32_t)(to - part);
}

void lt_line_info_keep_in(void *ext, uint64_t ext_size, const struct btf *btf, const char *section)
{
	struct ext_header header;
	uint8_t *parts;

	if (ext_size < sizeof(header))
		return;
	memcpy(&header, ext, sizeof(header));
	if ((uint64_t)header.header_size + header.func_offset + header.func_size > ext_size ||
	    (uint64_t)header.header_size + header.line_offset + header.line_size > ext_size)
		return;
	parts = (uint8_t *)ext + header.header_size;
	header.func_size = keep_in_part(parts + header.func_offset, header.func_size, btf, section);
	header.line_size = keep_in_part(parts + header.line_offset, header.line_size, btf, section);
	memcpy(ext, &header, sizeof(header));
}

void lt_line_info_keep(void *bytes, uint64_t elf_size, const struct btf *btf, const char *section)
{
	Elf *elf = btf ? open_elf(bytes, elf_size) : NULL;
	GElf_Shdr header;
	bool found = elf && lt_elf_section(elf, ".BTF.ext", &header);

	elf_end(elf);
	if (found && header.sh_offset <= elf_size && header.sh_size <= elf_size - header.sh_offset)
		lt_line_info_keep_in((uint8_t *)bytes + header.sh_offset, header.sh_size, btf, section);
}
