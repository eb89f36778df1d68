/* SPDX-License-Identifier: MIT
 *
 * From the text of /proc/kallsyms to a sorted table.
 */
#include "ksyms.h"
#include "../error.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool starts(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static bool ends(const char *name, size_t length, const char *suffix)
{
	size_t n = strlen(suffix);

	return length >= n && !memcmp(name + length - n, suffix, n);
}

static uint8_t rank_of(char type, const char *name, size_t length)
{
	int rank = 0, underscores = 0;

	if (type == 'A' || type == 'a')
		return KSYM_ABSOLUTE;
	if (!strchr("tTwW", type))
		rank |= KSYM_DATA;
	if (type == 't' || (type >= 'a' && type <= 'z' && type != 'w'))
		rank |= KSYM_LOCAL;
	if (type == 'w' || type == 'W')
		rank += KSYM_WEAK;
	while (underscores < 4 && name[underscores] == '_')
		underscores++;
	rank += underscores;
	if (underscores) {
		if (starts(name, "__pfx_") || starts(name, "__cfi_"))
			rank |= KSYM_PADDING;
		else if (starts(name, "__pi_") || starts(name, "__start_") || starts(name, "__stop_") ||
			 ends(name, length, "_start") || ends(name, length, "_end") ||
			 ends(name, length, "_begin") || ends(name, length, "text"))
			rank |= KSYM_MARKER;
		else if (starts(name, "__ia32_"))
			rank |= KSYM_OTHER_ABI;
	}
	return (uint8_t)rank;
}

static int add_name(lt_ksyms *ksyms, const char *name, size_t length, uint32_t *offset)
{
	if (ksyms->names_room - ksyms->names_size <= length) {
		uint32_t room = ksyms->names_room ? ksyms->names_room * 2 : 1 << 20;
		char *names;

		if (room < ksyms->names_room)
			return -EFBIG;
		names = realloc(ksyms->names, room);
		if (!names)
			return -ENOMEM;
		ksyms->names = names;
		ksyms->names_room = room;
	}
	*offset = ksyms->names_size;
	memcpy(ksyms->names + *offset, name, length);
	ksyms->names[*offset + length] = '\0';
	ksyms->names_size += (uint32_t)length + 1;
	return 0;
}

static int add_module(lt_ksyms *ksyms, const char *name, size_t length, uint16_t *index)
{
	uint32_t *modules;
	int ret;

	/* A module's symbols come together: nearly always it is the last one. */
	for (uint32_t i = ksyms->module_count; i-- > 0;) {
		const char *known = ksyms->names + ksyms->modules[i];

		if (!strncmp(known, name, length) && !known[length]) {
			*index = (uint16_t)i;
			return 0;
		}
	}
	if (ksyms->module_count == UINT16_MAX)
		return -EFBIG;
	modules = realloc(ksyms->modules, (ksyms->module_count + 1) * sizeof(*modules));
	if (!modules)
		return -ENOMEM;
	ksyms->modules = modules;
	ret = add_name(ksyms, name, length, &modules[ksyms->module_count]);
	if (ret)
		return ret;
	*index = (uint16_t)ksyms->module_count++;
	return 0;
}

static void note_bounds(lt_ksyms *ksyms, const char *name, uint64_t address)
{
	if (!strcmp(name, "_stext"))
		ksyms->text = address;
	else if (!strcmp(name, "_etext"))
		ksyms->text_end = address;
	else if (!strcmp(name, "_sinittext"))
		ksyms->init = address;
	else if (!strcmp(name, "_einittext"))
		ksyms->init_end = address;
}

static int add_symbol(lt_ksyms *ksyms, lt_ksyms_entry sym, const char *name, size_t length)
{
	/* `__pfx_x` comes just before `x` and is half of all names: `x` is then its tail. */
	if (ksyms->last_length == length + 6 &&
	    !memcmp(ksyms->names + ksyms->last_name + 6, name, length)) {
		sym.name = ksyms->last_name + 6;
	} else {
		int ret = add_name(ksyms, name, length, &sym.name);

		if (ret)
			return ret;
		ksyms->last_name = sym.name;
		ksyms->last_length = (uint32_t)length;
	}
	name = ksyms->names + sym.name;
	sym.rank = rank_of(sym.type, name, length);
	if (name[0] == '_')
		note_bounds(ksyms, name, sym.address);
	if (sym.address)
		ksyms->visible = true;
	if (ksyms->count == ksyms->room) {
		uint32_t room = ksyms->room ? ksyms->room * 2 : 1 << 16;
		lt_ksyms_entry *entries;

		if (room > 1 << 26)
			return -EFBIG;
		entries = realloc(ksyms->entries, room * sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		ksyms->entries = entries;
		ksyms->room = room;
	}
	ksyms->entries[ksyms->count++] = sym;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "ADDRESS TYPE NAME" and, for a module, "\t[MODULE]". What does not look so is passed over. */
static int add_line(lt_ksyms *ksyms, const char *line, const char *end)
{
	lt_ksyms_entry sym = { 0 };
	const char *p = line, *name, *tab;
	int digit, ret;

	for (; p < end && (digit = hex_digit(*p)) >= 0; p++)
		sym.address = sym.address << 4 | (uint64_t)digit;
	if (p == line || end - p < 4 || p[0] != ' ' || p[2] != ' ')
		return 0;
	sym.type = p[1];
	name = p + 3;
	tab = memchr(name, '\t', (size_t)(end - name));
	/* Mapping symbols of arm64 and riscv, and assembler labels, name no code. */
	if (*name == '$' || *name == '.')
		return 0;
	if (tab && end - tab > 3 && tab[1] == '[' && end[-1] == ']') {
		ret = add_module(ksyms, tab + 2, (size_t)(end - tab) - 3, &sym.module);
		if (ret)
			return ret;
	}
	return add_symbol(ksyms, sym, name, (size_t)((tab ? tab : end) - name));
}

/* Parsed as it comes: the text is 5 to 12 MB that need not be in memory at once. The kernel gives a page a read. */
static int read_lines(lt_ksyms *ksyms, int fd)
{
	char buffer[16384];
	size_t have = 0;
	bool too_long = false;

	for (;;) {
		ssize_t n = read(fd, buffer + have, sizeof(buffer) - have);
		const char *line = buffer, *end, *newline;
		int ret;

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (!n)
			return 0;
		have += (size_t)n;
		end = buffer + have;
		while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
			if (!too_long) {
				ret = add_line(ksyms, line, newline);
				if (ret)
					return ret;
			}
			too_long = false;
			line = newline + 1;
		}
		have = (size_t)(end - line);
		if (have == sizeof(buffer)) {
			too_long = true;
			have = 0;
		}
		memmove(buffer, line, have);
	}
}

static int by_address(const void *a, const void *b)
{
	const lt_ksyms_entry *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	/* Of equals the first in the file is to win, so it must come last. */
	return x->name > y->name ? -1 : x->name < y->name;
}

/* The kernel's own symbols come sorted, the modules' do not: sort the rest, then merge from the end. */
static int sort_entries(lt_ksyms *ksyms)
{
	lt_ksyms_entry *entries = ksyms->entries, *rest;
	uint32_t sorted = 1, left, more, at = ksyms->count;

	while (sorted < ksyms->count && entries[sorted - 1].address <= entries[sorted].address)
		sorted++;
	for (uint32_t i = 0, next; i < sorted; i = next) {
		for (next = i + 1; next < sorted && entries[next].address == entries[i].address;)
			next++;
		if (next - i > 1)
			qsort(entries + i, next - i, sizeof(*entries), by_address);
	}
	more = ksyms->count - sorted;
	if (!more)
		return 0;
	qsort(entries + sorted, more, sizeof(*entries), by_address);
	if (by_address(&entries[sorted - 1], &entries[sorted]) < 0)
		return 0;
	rest = malloc(more * sizeof(*rest));
	if (!rest)
		return -ENOMEM;
	memcpy(rest, entries + sorted, more * sizeof(*rest));
	for (left = sorted; more;) {
		if (left && by_address(&entries[left - 1], &rest[more - 1]) > 0)
			entries[--at] = entries[--left];
		else
			entries[--at] = rest[--more];
	}
	free(rest);
	return 0;
}

static void shrink(lt_ksyms *ksyms)
{
	void *smaller = realloc(ksyms->entries, ksyms->count * sizeof(*ksyms->entries));

	if (smaller)
		ksyms->entries = smaller;
	smaller = realloc(ksyms->names, ksyms->names_size);
	if (smaller)
		ksyms->names = smaller;
}

int lt_ksyms_load(const char *path, lt_ksyms **out, lt_error *err)
{
	lt_ksyms *ksyms = calloc(1, sizeof(*ksyms));
	uint16_t kernel;
	int fd, ret;

	*out = NULL;
	if (!ksyms)
		return lt_fail(err, -ENOMEM, "kernel symbols: out of memory");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		lt_fail(err, ret, "kernel symbols: cannot open %s: %s", path,
			ret == -ENOENT ? "no such file; is /proc mounted, and the kernel built with CONFIG_KALLSYMS?"
				       : strerror(-ret));
		goto out;
	}
	ret = add_module(ksyms, "kernel", 6, &kernel);
	if (!ret)
		ret = read_lines(ksyms, fd);
	close(fd);
	if (!ret && !ksyms->count)
		ret = -ENODATA;
	if (!ret && ksyms->visible)
		ret = sort_entries(ksyms);
	if (ret) {
		lt_fail(err, ret, "kernel symbols: cannot read %s: %s", path,
			ret == -ENODATA ? "it has no symbols" : strerror(-ret));
		goto out;
	}
	shrink(ksyms);
	*out = ksyms;
	return 0;
out:
	lt_ksyms_free(ksyms);
	return ret;
}

void lt_ksyms_free(lt_ksyms *ksyms)
{
	if (!ksyms)
		return;
	free(ksyms->entries);
	free(ksyms->names);
	free(ksyms->modules);
	free(ksyms->index);
	free(ksyms);
}
