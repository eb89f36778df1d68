/* SPDX-License-Identifier: MIT */
#include "function_drift.h"
#include <stdio.h>
#include <string.h>

/* Both names stand for the same event and begin with the same parameters (a page's address is that of its folio);
 * where only the result is the same, a kretprobe may have it. */
static const struct {
	const char *old, *now;
	bool result_only;
} moved[] = {
	{ "blk_account_io_start", "__blk_account_io_start", false },	/* 5.16; back in 6.10 */
	{ "__blk_account_io_start", "blk_account_io_start", false },
	{ "blk_account_io_done", "__blk_account_io_done", false },
	{ "__blk_account_io_done", "blk_account_io_done", false },
	{ "blk_start_request", "blk_mq_start_request", false },		/* 5.0 */
	{ "generic_make_request", "submit_bio_noacct", false },		/* 5.9 */
	{ "account_page_dirtied", "folio_account_dirtied", false },	/* 5.16 */
	{ "account_page_dirtied", "__folio_mark_dirty", false },	/* which has it inlined */
	{ "mark_page_accessed", "folio_mark_accessed", false },		/* 5.16 */
	{ "add_to_page_cache_lru", "filemap_add_folio", true },		/* 5.16 */
	{ "swap_readpage", "swap_read_folio", false },			/* 6.6 */
	{ "__page_cache_alloc", "filemap_alloc_folio", false },		/* 5.16 */
	{ "__page_cache_alloc", "filemap_alloc_folio_noprof", false },
	{ "__alloc_pages_nodemask", "__alloc_pages", false },		/* 5.13 */
	{ "__alloc_pages_nodemask", "__alloc_pages_noprof", false },
	{ "kfree_skb", "kfree_skb_reason", false },			/* 5.17 */
	{ "_do_fork", "kernel_clone", true },				/* 5.10 */
	{ "finish_task_switch", "finish_task_switch.isra.0", false },	/* keeps its one parameter that matters */
	{ "lookup_fast", "lookup_fast.constprop.0", false },
	{ "lookup_fast", "lookup_fast.isra.0", false },
};

/* Since 6.10 (memory allocation profiling) allocators are macros around functions of these names. These two got a
 * parameter in the middle besides. */
static bool has_profiled_form(const char *function, bool result)
{
	return result || (strcmp(function, "__kmalloc_node") && strcmp(function, "__kvmalloc_node"));
}

bool lt_function_moved(const char *function, bool result, unsigned index, char *out, size_t size)
{
	/* copies that the compiler made for some of the callers' parameters; of the whole, so not .cold nor .part */
	static const char *const copies[] = { ".isra.0", ".constprop.0" };
	size_t length = strlen(function);

	for (size_t i = 0; i < sizeof(moved) / sizeof(*moved); i++)
		if (!strcmp(moved[i].old, function) && (result || !moved[i].result_only) && !index--)
			return snprintf(out, size, "%s", moved[i].now) < (int)size;
	if (has_profiled_form(function, result) && !index--)
		return snprintf(out, size, "%s_noprof", function) < (int)size;
	for (size_t i = 0; result && i < sizeof(copies) / sizeof(*copies); i++)
		if (!memchr(function, '.', length) && !index--)
			return snprintf(out, size, "%s%s", function, copies[i]) < (int)size;
	return false;
}
