/* SPDX-License-Identifier: MIT
 *
 * Look-ups in a table of kernel symbols, by address and by name.
 */
#include "ksyms.h"
#include "symbol_id.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* No address is further than this from the last symbol of its module: beyond, there is nothing, or something else. */
static const uint64_t gap_limit = 1 << 20;

static bool is_text(const lt_ksyms_entry *sym)
{
	return sym->rank < KSYM_DATA;
}

static void fill(const lt_ksyms *ksyms, const lt_ksyms_entry *sym, uint64_t address, lt_symbol *out)
{
	out->name = ksyms->names + sym->name;
	out->module = ksyms->names + ksyms->modules[sym->module];
	out->address = sym->address;
	out->offset = address - sym->address;
	out->id = lt_symbol_id(0, (uint32_t)(sym - ksyms->entries));
}

/* kallsyms has no sizes: a symbol goes up to the next one, but not over the end of the kernel's code, nor across
 * the hole between the kernel and its modules. */
static bool covers(const lt_ksyms *ksyms, const lt_ksyms_entry *sym, uint64_t address)
{
	const lt_ksyms_entry *next = sym + 1, *end = ksyms->entries + ksyms->count;

	if (sym->rank == KSYM_ABSOLUTE)
		return false;
	if (sym->address == address)
		return true;
	if (sym->address <= ksyms->text_end && address >= ksyms->text_end)
		return false;
	if (sym->address <= ksyms->init_end && address >= ksyms->init_end)
		return false;
	while (next < end && next->address <= address)
		next++;
	return (next < end && next->module == sym->module) || address - sym->address <= gap_limit;
}

int lt_ksyms_find(const lt_ksyms *ksyms, uint64_t address, lt_symbol *out)
{
	const lt_ksyms_entry *entries = ksyms->entries;
	uint32_t low = 0, high = ksyms->count;
	bool code = (address >= ksyms->text && address < ksyms->text_end) ||
		    (address >= ksyms->init && address < ksyms->init_end);

	if (!ksyms->visible)
		return -EPERM;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (entries[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* Tables and jump targets inside the code are data symbols; the function around them is what runs. */
	while (code && low && !is_text(&entries[low - 1]))
		low--;
	if (!low || !covers(ksyms, &entries[low - 1], address))
		return -ENOENT;
	fill(ksyms, &entries[low - 1], address, out);
	return 0;
}

static uint32_t hash(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h ^ h >> 15;
}

/* Of several symbols with one name: code, then the kernel's own, then the global one, then the lowest. */
static bool better(const lt_ksyms_entry *a, const lt_ksyms_entry *b)
{
	if (is_text(a) != is_text(b))
		return is_text(a);
	if (!a->module != !b->module)
		return !a->module;
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->address < b->address;
}

/* A hash, not a sorted index: sorting 122,000 strings takes longer than reading them. */
static int make_index(lt_ksyms *ksyms)
{
	uint32_t size = 1024;

	while (size < ksyms->count + ksyms->count / 2)
		size *= 2;
	ksyms->index = calloc(size, sizeof(*ksyms->index));
	if (!ksyms->index)
		return -ENOMEM;
	ksyms->index_mask = size - 1;
	for (uint32_t i = 0; i < ksyms->count; i++) {
		const lt_ksyms_entry *sym = &ksyms->entries[i], *other;
		const char *name = ksyms->names + sym->name;
		uint32_t slot = hash(name) & ksyms->index_mask;

		for (; ksyms->index[slot]; slot = (slot + 1) & ksyms->index_mask) {
			other = &ksyms->entries[ksyms->index[slot] - 1];
			if (strcmp(ksyms->names + other->name, name))
				continue;
			if (!better(sym, other))
				goto next;
			break;
		}
		ksyms->index[slot] = i + 1;
next:;
	}
	return 0;
}

int lt_ksyms_address(lt_ksyms *ksyms, const char *name, uint64_t *address)
{
	uint32_t slot, entry;

	if (!ksyms->index) {
		int ret = make_index(ksyms);

		if (ret)
			return ret;
	}
	slot = hash(name) & ksyms->index_mask;
	for (; (entry = ksyms->index[slot]); slot = (slot + 1) & ksyms->index_mask) {
		if (strcmp(ksyms->names + ksyms->entries[entry - 1].name, name))
			continue;
		*address = ksyms->entries[entry - 1].address;
		return ksyms->visible ? 0 : -EPERM;
	}
	return -ENOENT;
}

bool lt_ksyms_is_function(const lt_ksyms_entry *entry)
{
	return is_text(entry) && !(entry->rank & KSYM_PADDING);
}

void lt_ksyms_offer(const lt_ksyms *ksyms, lt_similar *similar)
{
	for (uint32_t i = 0; i < ksyms->count; i++) {
		const lt_ksyms_entry *sym = &ksyms->entries[i];
		const char *name = ksyms->names + sym->name;

		if (lt_ksyms_is_function(sym))
			lt_similar_offer(similar, name, strlen(name));
	}
}
