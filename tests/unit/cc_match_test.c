/* SPDX-License-Identifier: MIT
 *
 * Two structs of one tag, as kernels have them: chosen by the members that a text names.
 */
#include "../../host/cc/text/match.h"
#include <bpf/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct fixture {
	struct btf *types;
	struct kernel_btf btf;
	uint32_t first, second;
};

/* struct twin { int shared, alpha; }; struct twin { int shared; union { int beta, gamma; }; }; struct twin { };
 * typedef int twin; enum { ONE } */
static void open_fixture(struct fixture *fixture)
{
	struct btf *types = btf__new_empty();
	int integer = btf__add_int(types, "int", 4, BTF_INT_SIGNED), inner;
	uint32_t size;
	const void *data;

	inner = btf__add_union(types, NULL, 4);
	btf__add_field(types, "beta", integer, 0, 0);
	btf__add_field(types, "gamma", integer, 0, 0);
	fixture->first = btf__add_struct(types, "twin", 8);
	btf__add_field(types, "shared", integer, 0, 0);
	btf__add_field(types, "alpha", integer, 32, 0);
	fixture->second = btf__add_struct(types, "twin", 8);
	btf__add_field(types, "shared", integer, 0, 0);
	btf__add_field(types, "", inner, 32, 0);
	btf__add_struct(types, "twin", 0);
	btf__add_typedef(types, "twin", integer);
	btf__add_enum(types, NULL, 4);
	btf__add_enum_value(types, "ONE", 1);
	fixture->types = types;
	data = btf__raw_data(types, &size);
	assert_null(btf_index(&fixture->btf, data, size));
}

/* What a text gets as "struct twin" that names these members, each ended by a blank. */
static uint32_t chosen(const struct fixture *fixture, const char *members, uint32_t flags)
{
	struct names names = { 0 };
	struct btf_matches matches;
	uint32_t id;

	names_add(&names, "twin", strlen("twin"), NAME_TAG);
	for (const char *at = members, *end; *at; at = end + 1) {
		end = strchr(at, ' ');
		names_add(&names, at, end - at, flags);
	}
	btf_match(&matches, &fixture->btf, &names);
	assert_true(names_find(&names, "twin")->flags & NAME_TAG_IN_BTF);
	id = btf_match_tag(&matches, &fixture->btf, &names, "twin");
	btf_matches_free(&matches);
	names_free(&names);
	return id;
}

static void test_chosen_by_members(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	assert_int_equal(chosen(&fixture, "alpha ", NAME_MEMBER), fixture.first);
	assert_int_equal(chosen(&fixture, "beta ", NAME_MEMBER), fixture.second);
	assert_int_equal(chosen(&fixture, "shared gamma ", NAME_MEMBER), fixture.second);
	assert_int_equal(chosen(&fixture, "alpha beta gamma ", NAME_MEMBER), fixture.second);
	/* as many of each, or none: the first */
	assert_int_equal(chosen(&fixture, "alpha beta ", NAME_MEMBER), fixture.first);
	assert_int_equal(chosen(&fixture, "shared ", NAME_MEMBER), fixture.first);
	assert_int_equal(chosen(&fixture, "", NAME_MEMBER), fixture.first);
	/* a name that is no member in the text */
	assert_int_equal(chosen(&fixture, "beta gamma ", NAME_PLAIN), fixture.first);
	btf_release(&fixture.btf);
	btf__free(fixture.types);
}

static void test_has_member(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	assert_true(btf_has_member(&fixture.btf, fixture.first, "alpha"));
	assert_false(btf_has_member(&fixture.btf, fixture.first, "beta"));
	assert_true(btf_has_member(&fixture.btf, fixture.second, "beta"));
	assert_false(btf_has_member(&fixture.btf, 1, "alpha"));
	assert_false(btf_has_member(&fixture.btf, 0, "alpha"));
	btf_release(&fixture.btf);
	btf__free(fixture.types);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chosen_by_members),
		cmocka_unit_test(test_has_member),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
