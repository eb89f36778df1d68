/* SPDX-License-Identifier: MIT
 *
 * Kernel functions by a pattern.
 */
#include "ksyms.h"
#include <string.h>

/* Beside its function, it has the parts that are hardly ever run, and no event of its own. */
static bool is_cold(const char *name)
{
	const char *cold = strstr(name, ".cold");

	return cold && (!cold[5] || cold[5] == '.');
}

/* Code that ran while the kernel started, and whose memory is others' now. */
static bool is_freed(const lt_ksyms *ksyms, uint64_t address)
{
	return ksyms->init && address >= ksyms->init && address < ksyms->init_end;
}

int lt_ksyms_match(const lt_ksyms *ksyms, const struct lt_pattern *pattern, lt_ksym_visitor *each, void *arg)
{
	int code = 0;

	for (uint32_t i = 0; i < ksyms->count && !code; i++) {
		const lt_ksyms_entry *sym = &ksyms->entries[i];
		const char *name = ksyms->names + sym->name;

		if (pattern->prefix_length && *name != *pattern->prefix)
			continue;
		if (lt_ksyms_is_function(sym) && lt_pattern_matches(pattern, name) && !is_cold(name) &&
		    !is_freed(ksyms, sym->address))
			code = each(arg, name, sym->address);
	}
	return code;
}
