/* SPDX-License-Identifier: MIT */
#include "kernel_names.h"
#include <string.h>

const struct kernel_name *kernel_find(const char *name, uint32_t hash)
{
	for (uint32_t slot = hash & (KERNEL_SLOTS - 1); kernel_slots[slot]; slot = (slot + 1) & (KERNEL_SLOTS - 1)) {
		const struct kernel_name *entry = &kernel_names[kernel_slots[slot] - 1];

		if (!strcmp(kernel_name_of(entry), name))
			return entry;
	}
	return NULL;
}

const struct kernel_name *kernel_next(const struct kernel_name *entry)
{
	const struct kernel_name *next = entry + 1;

	/* names are interned: equal ones have one offset */
	return next < kernel_names + kernel_name_count && next->name == entry->name ? next : NULL;
}
