/* SPDX-License-Identifier: MIT
 *
 * Where in a file a uprobe goes: the kernel wants a file offset, people give a function.
 */
#include "symbols.h"
#include "elf_file.h"
#include "../error.h"
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct search {
	const char *name;
	size_t length;
	lt_elf_symbol best;
	int points;		/* of best; 0: none yet */
	bool functions;		/* there are any at all */
};

/* A function beats what is not one, the default version an older one, global beats weak beats local; of equals the
 * first stays. */
static int points_of(const lt_elf_symbol *symbol)
{
	int points = 1;

	if (symbol->binding != STB_LOCAL)
		points += symbol->binding == STB_WEAK ? 1 : 2;
	if (!symbol->old_version)
		points += 4;
	if (symbol->function || symbol->ifunc)
		points += 8;
	if (symbol->defined)
		points += 16;
	return points;
}

static int compare(void *arg, const lt_elf_symbol *symbol)
{
	struct search *search = arg;
	int points;

	search->functions |= symbol->defined && (symbol->function || symbol->ifunc);
	if (symbol->length != search->length || memcmp(symbol->name, search->name, search->length))
		return 0;
	points = points_of(symbol);
	if (points > search->points) {
		search->best = *symbol;
		search->points = points;
	}
	return 0;
}

struct offering {
	lt_similar similar;
	bool containing;	/* only names that have the wanted one in them */
};

static int offer(void *arg, const lt_elf_symbol *symbol)
{
	struct offering *offering = arg;

	if (symbol->function && symbol->defined &&
	    (!offering->containing ||
	     memmem(symbol->name, symbol->length, offering->similar.wanted, offering->similar.length)))
		lt_similar_offer(&offering->similar, symbol->name, symbol->length);
	return 0;
}

/* The kernel takes a probe on data too, and never runs it. */
static bool is_code(const lt_elf_segments *segments, uint64_t address)
{
	for (uint32_t i = 0; i < segments->count; i++) {
		const lt_elf_segment *s = &segments->list[i];

		if (s->executable && address >= s->address && address - s->address < s->size)
			return true;
	}
	return false;
}

/* The message of a failed search: what is wrong with the name, and which ones are near. */
static int not_found(const char *path, lt_elf_file *file, const struct search *search, lt_error *err)
{
	const lt_elf_symbol *best = &search->best;
	char name[256], near[600] = "";
	struct offering offering;
	const char *and;

	snprintf(name, sizeof(name), "%.*s", (int)(search->length < 200 ? search->length : 200), search->name);
	if (!search->functions)
		return lt_fail(err, -ENOENT, "uprobe '%s': no function '%s'; the file is stripped, it names no functions "
			       "at all, and no debug file of it is installed; give an address instead", path, name);
	if (search->points && !best->defined)
		return lt_fail(err, -ENOENT, "uprobe '%s': '%s' is only imported here; name the library that defines "
			       "it", path, name);
	lt_similar_start(&offering.similar, name);
	offering.containing = search->points && best->ifunc;
	lt_elf_file_each_symbol(file, offer, &offering);
	and = lt_similar_list(&offering.similar, near, sizeof(near)) ? "; similar: " : "";
	if (!search->points)
		return lt_fail(err, -ENOENT, "uprobe '%s': no function '%s'%s%s", path, name, and, near);
	if (best->ifunc)
		return lt_fail(err, -ENOTSUP, "uprobe '%s': '%s' is an IFUNC: its address is that of a resolver, which "
			       "runs once and picks the function that is called; probe that one, by name or "
			       "address%s%s", path, name, and, near);
	if (is_code(&file->elf.segments, best->address))
		return lt_fail(err, -ENOENT, "uprobe '%s': '%s' is a place in the code, and not a function by the file's symbol "
			       "table; give its address instead, 0x%" PRIx64 "%s%s", path, name, best->address, and, near);
	return lt_fail(err, -ENOENT, "uprobe '%s': '%s' is not a function, but data%s%s", path, name, and, near);
}

int lt_elf_symbol_offset(const char *path, const char *symbol, uint64_t within, uint64_t *file_offset,
			 uint64_t *address, lt_error *err)
{
	struct search search = { .name = symbol, .length = strcspn(symbol, "@") };
	lt_elf_file file;
	uint64_t offset;
	int ret;

	if (!search.length)
		return lt_fail(err, -EINVAL, "uprobe '%s': the function's name is empty", path);
	ret = lt_elf_file_open_path(&file, "uprobe", path, err);
	if (ret)
		return ret;
	lt_elf_file_each_symbol(&file, compare, &search);
	if (!search.points || !search.best.function || !search.best.defined) {
		ret = not_found(path, &file, &search, err);
	} else if (within && search.best.size && within >= search.best.size) {
		ret = lt_fail(err, -ERANGE, "uprobe '%s': '%s' has %" PRIu64 " bytes, and +0x%" PRIx64 " is not within them",
			      path, symbol, search.best.size, within);
	} else if (!lt_elf_to_offset(&file.elf.segments, search.best.address + within, &offset) ||
		   !is_code(&file.elf.segments, search.best.address + within)) {
		ret = lt_fail(err, -ENOEXEC, "uprobe '%s': '%s' has address 0x%" PRIx64 ", and the file loads no code "
			      "there; it is damaged or holds debug information only", path, symbol,
			      search.best.address + within);
	} else {
		if (file_offset)
			*file_offset = offset;
		if (address)
			*address = search.best.address + within;
	}
	lt_elf_file_close(&file);
	return ret;
}

int lt_elf_address_offset(const char *path, uint64_t address, uint64_t *file_offset, lt_error *err)
{
	lt_elf_file file;
	int ret = lt_elf_file_open_path(&file, "uprobe", path, err);

	if (ret)
		return ret;
	if (!lt_elf_to_offset(&file.elf.segments, address, file_offset))
		ret = lt_fail(err, -ERANGE, "uprobe '%s': the file loads nothing at address 0x%" PRIx64 "; give it as in "
			      "the file's symbol table (nm, objdump), not as in memory", path, address);
	else if (!is_code(&file.elf.segments, address))
		ret = lt_fail(err, -ERANGE, "uprobe '%s': at address 0x%" PRIx64 " the file has data, not code", path, address);
	lt_elf_file_close(&file);
	return ret;
}
