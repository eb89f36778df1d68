/* SPDX-License-Identifier: MIT
 *
 * Types as text, out of BTF that is made here: what kernels seldom have, and modules.
 */
#include "trace/types.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct made {
	struct lt_types types;
	struct btf *kernel, *module;
	int number, character, pointer;
};

static int setup(void **state)
{
	struct made *made = calloc(1, sizeof(*made));

	assert_non_null(made);
	made->kernel = btf__new_empty();
	made->number = btf__add_int(made->kernel, "int", 4, BTF_INT_SIGNED);
	made->character = btf__add_int(made->kernel, "char", 1, 0);
	made->pointer = btf__add_ptr(made->kernel, 0);
	*state = made;
	return 0;
}

/* After the last type of the kernel, and before the first of the module. */
static void add_kernel(struct made *made)
{
	assert_int_equal(lt_types_add(&made->types, made->kernel, 1, NULL), 0);
}

static void begin_module(struct made *made)
{
	add_kernel(made);
	made->module = btf__new_empty_split(made->kernel);
	assert_non_null(made->module);
}

static void add_module(struct made *made)
{
	assert_int_equal(lt_types_add(&made->types, made->module, btf__type_cnt(made->kernel), "mod"), 0);
}

static int teardown(void **state)
{
	struct made *made = *state;

	lt_types_unload(&made->types);
	free(made);
	return 0;
}

static void assert_text(struct made *made, const char *what, const char *wanted)
{
	lt_error err = { 0 };
	lt_blob out;

	if (lt_types_describe(&made->types, what, &out, &err))
		fail_msg("%s", err.message);
	assert_string_equal(out.data, wanted);
	lt_blob_free(&out);
	assert_null(out.data);
}

static void assert_refused(struct made *made, const char *what, int code, const char *wanted)
{
	lt_error err = { 0 };
	lt_blob out;

	assert_int_equal(lt_types_describe(&made->types, what, &out, &err), code);
	assert_string_equal(err.message, wanted);
	assert_null(out.data);
}

static void test_holes(void **state)
{
	struct made *made = *state;
	struct btf *btf = made->kernel;

	btf__add_struct(btf, "gaps", 24);
	btf__add_field(btf, "a", made->character, 0, 0);
	btf__add_field(btf, "b", made->number, 32, 0);
	btf__add_field(btf, "c", made->number, 64, 3);
	btf__add_field(btf, "d", made->number, 72, 1);
	btf__add_field(btf, "e", made->number, 128, 0);
	add_kernel(made);
	assert_text(made, "gaps",
		    "struct gaps {                                           /* offset     size */\n"
		    "    char a;                                             /*      0        1 */\n"
		    "                                                        /*      1        3  hole */\n"
		    "    int b;                                              /*      4        4 */\n"
		    "    int c:3;                                            /*      8:0     :3 */\n"
		    "                                                        /*      8:3     :5  hole */\n"
		    "    int d:1;                                            /*      9:0     :1 */\n"
		    "                                                        /*      9:1     :7  hole */\n"
		    "                                                        /*     10        6  hole */\n"
		    "    int e;                                              /*     16        4 */\n"
		    "                                                        /*     20        4  padding */\n"
		    "};\n"
		    "/* 24 bytes, 1 cacheline of 64 bytes, 5 members, 4 holes of 116 bits */\n");
	assert_text(made, "gaps.d", "int d;\n    /* .d: offset 9:0 in struct gaps, 1 bit */\n");
}

static void test_declarations(void **state)
{
	struct made *made = *state;
	struct btf *btf = made->kernel;
	int array, proto, handler, constant, inner, returns, tagged, there;

	array = btf__add_array(btf, made->number, made->pointer, 3);
	array = btf__add_array(btf, made->number, array, 2);
	constant = btf__add_const(btf, made->pointer);
	tagged = btf__add_ptr(btf, btf__add_const(btf, made->character));
	proto = btf__add_func_proto(btf, made->number);
	btf__add_func_param(btf, "", tagged);
	btf__add_func_param(btf, "", 0);
	handler = btf__add_ptr(btf, proto);
	returns = btf__add_func_proto(btf, handler);
	btf__add_func_param(btf, "signal", made->number);
	tagged = btf__add_ptr(btf, btf__add_type_tag(btf, "user", made->character));
	inner = btf__add_struct(btf, NULL, 8);
	btf__add_field(btf, "x", made->number, 0, 0);
	btf__add_field(btf, "y", made->number, 32, 0);
	there = btf__add_ptr(btf, inner);
	btf__add_struct(btf, "many", 88);
	btf__add_field(btf, "table", array, 0, 0);
	btf__add_field(btf, "fixed", constant, 384, 0);
	btf__add_field(btf, "call", handler, 448, 0);
	btf__add_field(btf, "text", tagged, 512, 0);
	btf__add_field(btf, "there", there, 576, 0);
	btf__add_field(btf, NULL, inner, 640, 0);
	btf__add_func(btf, "get", BTF_FUNC_STATIC, returns);
	proto = btf__add_func_proto(btf, 0);
	btf__add_func(btf, "nothing", BTF_FUNC_STATIC, proto);
	add_kernel(made);
	assert_text(made, "many",
		    "struct many {                                           /* offset     size */\n"
		    "    void *table[2][3];                                  /*      0       48 */\n"
		    "    void *const fixed;                                  /*     48        8 */\n"
		    "    int (*call)(const char *, ...);                     /*     56        8 */\n"
		    "    __user char *text;                                  /*     64        8 */\n"
		    "    struct {\n"
		    "        int x;                                          /*      0        4 */\n"
		    "        int y;                                          /*      4        4 */\n"
		    "    } *there;                                           /*     72        8 */\n"
		    "    struct {\n"
		    "        int x;                                          /*     80        4 */\n"
		    "        int y;                                          /*     84        4 */\n"
		    "    };                                                  /*     80        8 */\n"
		    "};\n"
		    "/* 88 bytes, 2 cachelines of 64 bytes, 6 members */\n");
	assert_text(made, "get", "int (*get(int signal))(const char *, ...);\n");
	assert_text(made, "nothing", "void nothing(void);\n");
	assert_text(made, "many.y", "int y;\n    /* .y: offset 84 in struct many */\n");
	assert_text(made, "many.there.y",
		    "int y;\n    /* .there: offset 72 in struct many */\n    /* ->y: offset 4 in struct { ... } */\n");
	assert_text(made, "many.table[1][2]", "void *table;\n    /* .table: offset 0 in struct many */\n"
		    "    /* [1]: offset 24 in struct many */\n    /* [2]: offset 40 in struct many */\n");
	assert_text(made, "many.there[3].y", "int y;\n    /* .there: offset 72 in struct many */\n"
		    "    /* [3]: offset 24 in struct { ... } */\n    /* .y: offset 4 in struct { ... }, 28 in struct { ... } */\n");
}

static void test_enums(void **state)
{
	struct made *made = *state;
	struct btf *btf = made->kernel;

	btf__add_enum(btf, "small", 4);
	btf__add_enum_value(btf, "A", -1);
	btf__add_enum_value(btf, "B", 7);
	btf__add_enum64(btf, "large", 8, false);
	btf__add_enum64_value(btf, "C", 1ull << 63);
	btf__add_enum64(btf, "minus", 8, true);
	btf__add_enum64_value(btf, "D", (uint64_t)-5);
	btf__add_enum(btf, "top", 4);
	btf__add_enum_value(btf, "E", 0xffffffff);
	add_kernel(made);
	assert_text(made, "enum small", "enum small {\n    A = -1,\n    B = 7,\n};\n/* 4 bytes */\n");
	assert_text(made, "large", "enum large {\n    C = 9223372036854775808,\n};\n/* 8 bytes */\n");
	assert_text(made, "minus", "enum minus {\n    D = -5,\n};\n/* 8 bytes */\n");
	assert_text(made, "top", "enum top {\n    E = 4294967295,\n};\n/* 4 bytes */\n");
}

/* Of a name there may be several types, here and in modules; those that read alike are shown once. */
static void test_versions(void **state)
{
	struct made *made = *state;

	btf__add_struct(made->kernel, "twin", 4);
	btf__add_field(made->kernel, "a", made->number, 0, 0);
	btf__add_typedef(made->kernel, "twin", made->number);
	btf__add_fwd(made->kernel, "later", BTF_FWD_STRUCT);
	btf__add_ptr(made->kernel, btf__type_cnt(made->kernel) - 1);
	btf__add_struct(made->kernel, "holder", 8);
	btf__add_field(made->kernel, "later", btf__type_cnt(made->kernel) - 2, 0, 0);
	begin_module(made);
	btf__add_struct(made->module, "twin", 4);
	btf__add_field(made->module, "a", made->number, 0, 0);
	btf__add_struct(made->module, "later", 1);
	btf__add_field(made->module, "c", made->character, 0, 0);
	add_module(made);
	assert_text(made, "twin",
		    "/* 1 of 2, of the kernel and mod */\n"
		    "struct twin {                                           /* offset     size */\n"
		    "    int a;                                              /*      0        4 */\n"
		    "};\n"
		    "/* 4 bytes, 1 cacheline of 64 bytes, 1 member */\n"
		    "\n"
		    "/* 2 of 2, of the kernel */\n"
		    "typedef int twin; /* 4 bytes */\n");
	assert_text(made, "later",
		    "/* of mod */\n"
		    "struct later {                                          /* offset     size */\n"
		    "    char c;                                             /*      0        1 */\n"
		    "};\n"
		    "/* 1 byte, 1 cacheline of 64 bytes, 1 member */\n");
	/* what the kernel only declares is the module's */
	assert_text(made, "holder.later.c", "char c;\n    /* .later: offset 0 in struct holder */\n"
		    "    /* ->c: offset 0 in struct later */\n");
}

static void test_declared_only(void **state)
{
	struct made *made = *state;
	int ptr = btf__add_ptr(made->kernel, btf__add_fwd(made->kernel, "never", BTF_FWD_UNION));

	btf__add_struct(made->kernel, "holder", 8);
	btf__add_field(made->kernel, "never", ptr, 0, 0);
	btf__add_typedef(made->kernel, "never_t", ptr - 1);
	add_kernel(made);
	assert_refused(made, "holder.never.x", -ENOENT, "type 'holder.never.x': union never is declared only: neither the "
		       "kernel nor a loaded module has more of it");
	assert_text(made, "never_t", "typedef union never never_t;\n"
		    "union never; /* declared only: neither the kernel nor a loaded module has more of it */\n");
	assert_refused(made, "never", -ENOENT, "type 'never': neither the kernel nor a loaded module has a type or function of "
		       "that name; similar: never_t");
	assert_refused(made, "holder.never[1", -EINVAL,
		       "type 'holder.never[1': after 'holder.never[' a number and a ']' should follow");
	assert_refused(made, "holder.never[99999999999999999999]", -EINVAL, "type 'holder.never[99999999999999999999]': after "
		       "'holder.never[' a number and a ']' should follow");
}

/* libbpf does not let us make such names, so they are put in where others were. */
static void test_names_for_a_terminal(void **state)
{
	struct made *made = *state;
	lt_blob out;
	char *name;
	int id;

	id = btf__add_struct(made->kernel, "evil", 4);
	btf__add_field(made->kernel, "mXber", made->number, 0, 0);
	name = (char *)(uintptr_t)btf__name_by_offset(made->kernel, btf_members(btf__type_by_id(made->kernel, id))->name_off);
	name[1] = '\033';
	id = btf__add_struct(made->kernel, "evilX", 0);
	name = (char *)(uintptr_t)btf__name_by_offset(made->kernel, btf__type_by_id(made->kernel, id)->name_off);
	name[4] = '\n';
	add_kernel(made);
	assert_text(made, "evil",
		    "struct evil {                                           /* offset     size */\n"
		    "    int m\\x1bber;                                       /*      0        4 */\n"
		    "};\n"
		    "/* 4 bytes, 1 cacheline of 64 bytes, 1 member */\n");
	assert_int_equal(lt_types_names(&made->types, "e", 9, &out, NULL), 1);
	assert_string_equal(out.data, "evil\n");
	lt_blob_free(&out);
}

static void test_names(void **state)
{
	struct made *made = *state;
	lt_blob out;

	btf__add_struct(made->kernel, "b_struct", 0);
	btf__add_union(made->kernel, "b_union", 0);
	btf__add_enum(made->kernel, "a_enum", 4);
	btf__add_typedef(made->kernel, "b_struct", made->number);
	btf__add_func(made->kernel, "b_function", BTF_FUNC_STATIC, btf__add_func_proto(made->kernel, 0));
	begin_module(made);
	btf__add_struct(made->module, "b_aaa", 0);
	add_module(made);
	assert_int_equal(lt_types_names(&made->types, "", 100, &out, NULL), 4);
	assert_string_equal(out.data, "a_enum\nb_aaa\nb_struct\nb_union\n");
	lt_blob_free(&out);
	assert_int_equal(lt_types_names(&made->types, "b_", 2, &out, NULL), 2);
	assert_string_equal(out.data, "b_aaa\nb_struct\n");
	lt_blob_free(&out);
	assert_int_equal(lt_types_names(&made->types, "c", 2, &out, NULL), 0);
	lt_blob_free(&out);
}

static void test_users(void **state)
{
	struct made *made = *state;
	struct btf *btf = made->kernel;
	int it, ptr, constant, alias, unnamed, proto, array;
	lt_error err = { 0 };
	lt_blob out;

	it = btf__add_struct(btf, "it", 4);
	btf__add_field(btf, "n", made->number, 0, 0);
	ptr = btf__add_ptr(btf, it);
	constant = btf__add_ptr(btf, btf__add_const(btf, it));
	alias = btf__add_typedef(btf, "it_t", it);
	array = btf__add_array(btf, made->number, alias, 2);
	proto = btf__add_ptr(btf, alias);
	unnamed = btf__add_union(btf, NULL, 8);
	btf__add_field(btf, "deep", proto, 0, 0);
	btf__add_struct(btf, "user", 40);
	btf__add_field(btf, "own", it, 0, 0);
	btf__add_field(btf, "list", array, 64, 0);
	btf__add_field(btf, "c", constant, 128, 0);
	btf__add_field(btf, NULL, unnamed, 192, 0);
	btf__add_field(btf, "u", unnamed, 256, 0);
	btf__add_typedef(btf, "user_t", unnamed);
	proto = btf__add_func_proto(btf, ptr);
	btf__add_func_param(btf, "a", made->number);
	btf__add_func_param(btf, "b", constant);
	btf__add_func(btf, "both", BTF_FUNC_STATIC, proto);
	btf__add_func(btf, "neither", BTF_FUNC_STATIC, btf__add_func_proto(btf, made->number));
	begin_module(made);
	btf__add_struct(made->module, "of_module", 8);
	btf__add_field(made->module, "p", ptr, 0, 0);
	ptr = btf__add_ptr(made->module, btf__add_fwd(made->module, "it", BTF_FWD_STRUCT));
	btf__add_struct(made->module, "more", 8);
	btf__add_field(made->module, "q", ptr, 0, 0);
	add_module(made);
	assert_int_equal(lt_types_users(&made->types, "struct it", &out, &err), 10);
	assert_string_equal(out.data,
			    "0 more.q\tstruct it *\tmod\n"
			    "0 of_module.p\tstruct it *\tmod\n"
			    "0 user.c\tconst struct it *\t\n"
			    "0 user.deep\tit_t *\t\n"
			    "0 user.u.deep\tit_t *\t\n"
			    "0 user_t.deep\tit_t *\t\n"
			    "1 user.list\tit_t[2]\t\n"
			    "1 user.own\tstruct it\t\n"
			    "2 both\tstruct it *both(int a, const struct it *b)\t\n"
			    "3 both\tstruct it *both(int a, const struct it *b)\t\n");
	lt_blob_free(&out);
	assert_int_equal(lt_types_users(&made->types, "it_t", &out, &err), 4);
	lt_blob_free(&out);
	assert_int_equal(lt_types_users(&made->types, "union it", &out, &err), -ENOENT);
	assert_null(out.data);
	assert_int_equal(lt_types_users(&made->types, "int", &out, &err), -EINVAL);
	assert_string_equal(err.message, "type 'int': it is no struct, union, enum or typedef, and of others users are not "
			    "looked for");
	assert_null(out.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_holes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_declarations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_enums, setup, teardown),
		cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_declared_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_for_a_terminal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_users, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
