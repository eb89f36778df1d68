/* SPDX-License-Identifier: MIT
 *
 * Which names are tried for a kernel function that is not there.
 */
#include "../../host/trace/function_drift.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* All of them, each with a blank behind. */
static const char *names(const char *function, bool result)
{
	static char all[512];
	char name[128];

	*all = '\0';
	for (unsigned i = 0; lt_function_moved(function, result, i, name, sizeof(name)); i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s ", name);
	return all;
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(names("blk_account_io_start", false), "__blk_account_io_start blk_account_io_start_noprof ");
	assert_string_equal(names("account_page_dirtied", false),
			    "folio_account_dirtied __folio_mark_dirty account_page_dirtied_noprof ");
	assert_string_equal(names("finish_task_switch", false), "finish_task_switch.isra.0 finish_task_switch_noprof ");
	assert_string_equal(names("__kmalloc", false), "__kmalloc_noprof ");
	assert_string_equal(names("__kmalloc_node", false), "");
	assert_string_equal(names("__kmalloc_node", true),
			    "__kmalloc_node_noprof __kmalloc_node.isra.0 __kmalloc_node.constprop.0 ");
	/* other parameters: for its result only */
	assert_string_equal(names("add_to_page_cache_lru", false), "add_to_page_cache_lru_noprof ");
	assert_string_equal(names("add_to_page_cache_lru", true), "filemap_add_folio add_to_page_cache_lru_noprof "
			    "add_to_page_cache_lru.isra.0 add_to_page_cache_lru.constprop.0 ");
	assert_string_equal(names("f.isra.0", true), "f.isra.0_noprof ");
}

static void test_room(void **state)
{
	char small[12];

	(void)state;
	assert_false(lt_function_moved("__blk_account_io_start", false, 0, small, sizeof(small)));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names), cmocka_unit_test(test_room) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
