/* SPDX-License-Identifier: MIT
 *
 * Modules' BTF joined to the kernel's: BTF made by libbpf, two modules of it with types of the same names.
 */
#include "../../host/kernel/btf.h"
#include "../../host/cc/types/modules.h"
#include <bpf/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { INT_SIZE = 4, POINTER = 8 };

/* int, struct base { int count; } */
static struct btf *make_base(void)
{
	struct btf *base = btf__new_empty();
	int integer = btf__add_int(base, "int", INT_SIZE, BTF_INT_SIGNED);

	btf__add_struct(base, "base", INT_SIZE);
	btf__add_field(base, "count", integer, 0, 0);
	return base;
}

/* struct NAME { struct base *up; int count; }, struct both, enum { NAME_ONE = 7 }, typedef struct NAME NAME_t, and a
 * function of it */
static struct btf *make_module(struct btf *base, const char *name, int size)
{
	struct btf *module = btf__new_empty_split(base);
	char word[64];
	int pointer = btf__add_ptr(module, 2), structure;

	structure = btf__add_struct(module, name, size);
	btf__add_field(module, "up", pointer, 0, 0);
	btf__add_field(module, "count", 1, POINTER * 8, 0);
	btf__add_struct(module, "both", size * 2);
	btf__add_field(module, name, structure, 0, 0);
	btf__add_enum(module, NULL, 4);
	snprintf(word, sizeof(word), "%s_ONE", name);
	btf__add_enum_value(module, word, 7);
	snprintf(word, sizeof(word), "%s_t", name);
	btf__add_typedef(module, word, structure);
	btf__add_func_proto(module, structure);
	btf__add_func_param(module, "of", pointer);
	btf__add_array(module, 1, structure, 3);
	return module;
}

static uint32_t find(const struct kernel_btf *btf, uint32_t kind, const char *name, uint32_t from)
{
	for (uint32_t id = from; id < btf->count; id++)
		if (btf_kind_of(btf_at(btf, id)) == kind && !strcmp(btf_string(btf, btf_at(btf, id)->name_off), name))
			return id;
	return 0;
}

static void check_module(const struct kernel_btf *btf, const char *name, uint32_t size)
{
	uint32_t id = find(btf, BTF_KIND_STRUCT, name, 1), array;
	const struct btf_member *members = (const void *)(btf_at(btf, id) + 1);
	char word[64];

	assert_int_not_equal(id, 0);
	assert_int_equal(btf_size(btf, id), size);
	assert_int_equal(btf_alignment(btf, id), 8);
	assert_string_equal(btf_string(btf, members[0].name_off), "up");
	assert_string_equal(btf_string(btf, members[1].name_off), "count");
	assert_int_equal(members[1].type, 1);
	assert_int_equal(btf_at(btf, members[0].type)->type, 2);
	snprintf(word, sizeof(word), "%s_t", name);
	assert_int_equal(btf_resolve(btf, find(btf, BTF_KIND_TYPEDEF, word, 1)), id);
	array = find(btf, BTF_KIND_ARRAY, "", id);
	assert_int_equal(btf_size(btf, array), 3 * size);
	assert_int_equal(((const struct btf_array *)(btf_at(btf, array) + 1))->type, id);
}

static void test_two_modules(void **state)
{
	struct btf *base = make_base(), *first = make_module(base, "alpha", 16), *second = make_module(base, "beta", 24);
	uint32_t base_size, first_size, second_size, both;
	const void *base_data = btf__raw_data(base, &base_size);
	const void *first_data = btf__raw_data(first, &first_size), *second_data = btf__raw_data(second, &second_size);
	struct kernel_btf btf;

	(void)state;
	assert_null(btf_index(&btf, base_data, base_size));
	assert_int_equal(btf.count, 3);
	assert_null(btf_add_module(&btf, first_data, first_size));
	assert_null(btf_add_module(&btf, second_data, second_size));
	assert_string_equal(btf_string(&btf, btf_at(&btf, 2)->name_off), "base");
	check_module(&btf, "alpha", 16);
	check_module(&btf, "beta", 24);
	/* the first one that came is the one that is found first */
	both = find(&btf, BTF_KIND_STRUCT, "both", 1);
	assert_int_equal(btf_size(&btf, both), 32);
	assert_int_equal(btf_size(&btf, find(&btf, BTF_KIND_STRUCT, "both", both + 1)), 48);
	btf_release(&btf);
	btf__free(second);
	btf__free(first);
	btf__free(base);
}

static void test_defines(void **state)
{
	struct btf *base = make_base(), *module = make_module(base, "alpha", 16);
	struct btf_sections kernel, part;
	uint32_t base_size, size;
	const void *base_data = btf__raw_data(base, &base_size), *data = btf__raw_data(module, &size);

	(void)state;
	assert_null(btf_sections(&kernel, base_data, base_size));
	assert_null(btf_sections(&part, data, size));
	assert_true(btf_defines(&kernel, &kernel, "base", NAME_TAG));
	assert_false(btf_defines(&kernel, &kernel, "alpha", NAME_TAG));
	assert_true(btf_defines(&kernel, &part, "alpha", NAME_TAG));
	assert_false(btf_defines(&kernel, &part, "alpha", NAME_PLAIN | NAME_ENUM_TAG));
	assert_true(btf_defines(&kernel, &part, "alpha_t", NAME_PLAIN));
	assert_true(btf_defines(&kernel, &part, "alpha_ONE", NAME_PLAIN));
	assert_false(btf_defines(&kernel, &part, "base", NAME_TAG));
	assert_false(btf_defines(&kernel, &part, "up", NAME_TAG | NAME_PLAIN));
	assert_false(btf_defines(&kernel, &part, "", NAME_TAG | NAME_PLAIN));
	btf__free(module);
	btf__free(base);
}

/* Every type of it can be looked at, whatever one byte of it says. */
static void use_all(const struct kernel_btf *btf)
{
	for (uint32_t id = 1; id < btf->count; id++) {
		btf_size(btf, id);
		btf_alignment(btf, id);
		btf_string(btf, btf_at(btf, id)->name_off);
	}
}

static void test_damaged(void **state)
{
	struct btf *base = make_base(), *module = make_module(base, "alpha", 16);
	uint32_t base_size, size;
	const void *base_data = btf__raw_data(base, &base_size), *data = btf__raw_data(module, &size);
	struct btf_sections kernel, part;
	struct kernel_btf btf;

	(void)state;
	btf_sections(&kernel, base_data, base_size);
	for (size_t i = 0; i < size * 8; i++) {
		unsigned char *bad = test_malloc(size);

		memcpy(bad, data, size);
		bad[i / 8] ^= 1 << i % 8;
		assert_null(btf_index(&btf, base_data, base_size));
		if (!btf_add_module(&btf, bad, size))
			use_all(&btf);
		else
			assert_int_equal(find(&btf, BTF_KIND_STRUCT, "base", 1), 2);
		if (!btf_sections(&part, bad, size))
			btf_defines(&kernel, &part, "alpha_ONE", NAME_PLAIN | NAME_TAG | NAME_ENUM_TAG);
		btf_release(&btf);
		test_free(bad);
	}
	for (size_t cut = 0; cut < size; cut++) {
		void *exact = test_malloc(cut ? cut : 1);

		memcpy(exact, data, cut);
		assert_null(btf_index(&btf, base_data, base_size));
		assert_non_null(btf_add_module(&btf, exact, cut));
		btf_release(&btf);
		test_free(exact);
	}
	btf__free(module);
	btf__free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_modules),
		cmocka_unit_test(test_defines),
		cmocka_unit_test(test_damaged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
