/* SPDX-License-Identifier: MIT */
#include "finish.h"
#include "compile_protocol.h"
#include "ask.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <gelf.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* .BTF.ext, as Documentation/bpf/btf.rst has it; no UAPI header declares it */
struct ext_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_size, func_off, func_size, line_off, line_size;
};
struct ext_section {
	uint32_t name, count;
};
struct line_info {
	uint32_t instruction, file, line, line_column;
};

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

/* libbpf's static linker, given one file, leaves DWARF out and deduplicates types. Its interface takes paths. */
static int link_without_dwarf(const struct text *object)
{
	int from = memfd_create("object", MFD_CLOEXEC), to = memfd_create("linked", MFD_CLOEXEC);
	char from_path[64], to_path[64];
	struct bpf_linker *linker;

	if (object->size > (size_t)LT_CC_FILE_MB << 20)
		die("the object has %zu MB, and %d are the limit: keep large data in maps", object->size >> 20, LT_CC_FILE_MB);
	if (from < 0 || to < 0 || write(from, object->data, object->size) != (ssize_t)object->size)
		die("memory file: %s", strerror(errno));
	libbpf_set_print(quiet);
	snprintf(from_path, sizeof(from_path), "/proc/self/fd/%d", from);
	snprintf(to_path, sizeof(to_path), "/proc/self/fd/%d", to);
	linker = bpf_linker__new(to_path, NULL);
	if (!linker || bpf_linker__add_file(linker, from_path, NULL) || bpf_linker__finalize(linker))
		die("stripping the object: %s", strerror(errno));
	bpf_linker__free(linker);
	close(from);
	return to;
}

static Elf_Data *section_data(Elf *elf, const char *wanted)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;

		if (name && !strcmp(name, wanted))
			return elf_getdata(section, NULL);
	}
	return NULL;
}

/* Where each line of the text is among the strings, added at its first use. */
struct lines {
	const char *source, *end;
	struct text strings;	/* what is added behind BTF's own, which end at `base` */
	uint32_t base;
	uint32_t *offsets;	/* of line N + 1; 0: not added */
	uint32_t count;
};

static uint32_t add_line(struct lines *lines, uint32_t number)
{
	const char *at = lines->source, *stop;

	if (number > lines->count) {
		lines->offsets = reallocate(lines->offsets, number * sizeof(*lines->offsets));
		memset(lines->offsets + lines->count, 0, (number - lines->count) * sizeof(*lines->offsets));
		lines->count = number;
	}
	if (lines->offsets[number - 1])
		return lines->offsets[number - 1];
	for (uint32_t i = 1; i < number && at; i++) {
		at = memchr(at, '\n', lines->end - at);
		at += at != NULL;
	}
	if (!at || at >= lines->end)
		return 0;
	stop = memchr(at, '\n', lines->end - at);
	if (!stop)
		stop = lines->end;
	lines->offsets[number - 1] = lines->base + lines->strings.size;
	text_append(&lines->strings, at, stop - at);
	text_append(&lines->strings, "", 1);
	return lines->offsets[number - 1];
}

static bool names_text(const struct btf_header *btf, uint32_t file)
{
	const char *name = (const char *)btf + btf->hdr_len + btf->str_off + file;
	size_t length = file < btf->str_len ? strlen(name) : 0, wanted = strlen(LT_CC_TEXT_NAME);

	return length >= wanted && !strcmp(name + length - wanted, LT_CC_TEXT_NAME);
}

/* LLVM reads the lines from the file that the debug info names, and there is none. */
static void fill_lines(const struct btf_header *btf, const struct ext_header *ext, struct lines *lines)
{
	char *at = (char *)ext + ext->header_size + ext->line_off, *end = at + ext->line_size;
	uint32_t record_size;

	if (ext->line_size < sizeof(record_size))
		return;
	memcpy(&record_size, at, sizeof(record_size));
	at += sizeof(record_size);
	while (at < end) {
		const struct ext_section *section = (const void *)at;

		at += sizeof(*section);
		for (uint32_t i = 0; i < section->count; i++, at += record_size) {
			struct line_info *info = (void *)at;

			if (names_text(btf, info->file) && info->line_column >> 10)
				info->line = add_line(lines, info->line_column >> 10);
		}
	}
}

static void add_source_lines(int fd, const char *source, size_t source_size)
{
	struct lines lines = { .source = source, .end = source + source_size };
	struct text whole = { 0 };
	Elf_Data *btf, *ext;
	struct btf_header *header;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_RDWR, NULL);
	if (!elf)
		die("reading the object: %s", elf_errmsg(-1));
	btf = section_data(elf, ".BTF");
	ext = section_data(elf, ".BTF.ext");
	if (!btf || !ext) {
		/* a text without programs has no lines */
		elf_end(elf);
		return;
	}
	header = btf->d_buf;
	/* the linker writes the strings last, so that more can follow */
	if (header->hdr_len + header->str_off + header->str_len != btf->d_size)
		die("a defect of luatrace-cc: BTF does not end with its strings");
	lines.base = header->str_len;
	fill_lines(header, ext->d_buf, &lines);
	text_append(&whole, btf->d_buf, btf->d_size);
	text_append(&whole, lines.strings.data ? lines.strings.data : "", lines.strings.size);
	((struct btf_header *)whole.data)->str_len += lines.strings.size;
	btf->d_buf = whole.data;
	btf->d_size = whole.size;
	elf_flagdata(btf, ELF_C_SET, ELF_F_DIRTY);
	elf_flagdata(ext, ELF_C_SET, ELF_F_DIRTY);
	if (elf_update(elf, ELF_C_WRITE) < 0)
		die("writing the object: %s", elf_errmsg(-1));
	elf_end(elf);
	text_free(&whole);
	text_free(&lines.strings);
	free(lines.offsets);
}

void finish_object(struct text *object, const char *source, size_t source_size)
{
	int fd = link_without_dwarf(object);
	struct text finished = { 0 };

	add_source_lines(fd, source, source_size);
	finished.data = read_whole(fd, &finished.size);
	if (!finished.data)
		die("reading the object: %s", strerror(errno));
	finished.room = finished.size;
	text_free(object);
	*object = finished;
	close(fd);
}
