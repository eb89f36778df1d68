/* SPDX-License-Identifier: MIT
 *
 * luatrace-cc's parts that read what others wrote: names of a text, tracepoint formats, BTF.
 */
#include "../../host/kernel/btf.h"
#include "../../host/cc/text/names.h"
#include "../../host/cc/types/tracepoint.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static uint32_t flags_of(const struct names *names, const char *name)
{
	const struct name *found = names_find(names, name);

	return found ? found->flags : 0;
}

static void test_names(void **state)
{
	static const char text[] =
		"#include <linux/sched.h>\n"
		"/* struct hidden */ // enum hidden\n"
		"#define LONG(x) \\\n\tdeep(x, other)\n"
		"struct mine { u64 ts; };\n"
		"enum { FIRST, SECOND = 3 };\n"
		"typedef struct foo *foo_t;\n"
		"BPF_HASH(start, u32);\n"
		"static int helper(struct sock *sk) { return sk->sk_family + \"quoted\"[0] + 'q'; }\n"
		"int g = 1 > 2;\n";
	struct names names = { 0 };

	(void)state;
	scan_text(&names, text, strlen(text), NULL);
	assert_int_equal(flags_of(&names, "hidden"), 0);
	assert_int_equal(flags_of(&names, "quoted"), 0);
	assert_int_equal(flags_of(&names, "x"), 0);
	assert_int_equal(flags_of(&names, "other"), NAME_PLAIN);
	assert_int_equal(flags_of(&names, "LONG"), NAME_MACRO);
	assert_int_equal(flags_of(&names, "mine"), NAME_TAG | NAME_TAG_DEFINED);
	assert_int_equal(flags_of(&names, "sock"), NAME_TAG);
	assert_int_equal(flags_of(&names, "sk_family"), NAME_MEMBER);
	assert_int_equal(flags_of(&names, "u64"), NAME_PLAIN);
	assert_true(flags_of(&names, "FIRST") & NAME_DEFINED);
	assert_true(flags_of(&names, "SECOND") & NAME_DEFINED);
	assert_true(flags_of(&names, "foo_t") & NAME_DEFINED);
	assert_true(flags_of(&names, "start") & NAME_DEFINED);
	assert_true(flags_of(&names, "helper") & NAME_DEFINED);
	names_free(&names);
}

/* Cut off anywhere, a text is scanned to its end and no further. */
static void test_names_cut_off(void **state)
{
	static const char text[] = "#define A(x) /* \"\n*/ '\\\n#include \"x\nTRACEPOINT_PROBE(a, b) { struct s { enum e { X } e; }; }";

	(void)state;
	for (size_t size = 0; size <= strlen(text); size++) {
		struct names names = { 0 };
		char *exact = test_malloc(size ? size : 1);

		memcpy(exact, text, size);
		scan_text(&names, exact, size, NULL);
		names_free(&names);
		test_free(exact);
	}
}

static char *format_to_struct(const char *format, const char **wrong)
{
	struct names names = { 0 };
	struct text out = { 0 };

	*wrong = tracepoint_print("cat", "event", format, strlen(format), &names, false, &out);
	names_free(&names);
	return out.data;
}

static void test_tracepoint(void **state)
{
	const char *wrong;
	char *printed = format_to_struct(
		"name: event\nID: 1\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		"\tfield:const char * filename;\toffset:16;\tsize:8;\tsigned:0;\n"
		"\tfield:__data_loc char[] name;\toffset:24;\tsize:4;\tsigned:0;\n"
		"\tfield:pid_t pid;\toffset:28;\tsize:4;\tsigned:1;\n"
		"\tfield:char comm[16];\toffset:32;\tsize:16;\tsigned:0;\n"
		"\tfield:unsigned long args[6];\toffset:48;\tsize:48;\tsigned:0;\n"
		"\tfield:struct weird thing;\toffset:96;\tsize:12;\tsigned:0;\n\nprint fmt: \"\"\n", &wrong);

	(void)state;
	assert_null(wrong);
	assert_non_null(strstr(printed, "struct tracepoint__cat__event {"));
	assert_non_null(strstr(printed, "char __lt_pad8[8];"));
	assert_non_null(strstr(printed, "const char * filename;"));
	assert_non_null(strstr(printed, "int data_loc_name;"));
	assert_non_null(strstr(printed, "\tint pid;"));
	assert_non_null(strstr(printed, "char comm[16];"));
	assert_non_null(strstr(printed, "unsigned long long args[6];"));
	assert_non_null(strstr(printed, "thing[12];"));
	assert_non_null(strstr(printed, "packed, aligned(8)"));
	free(printed);
}

static void test_tracepoint_refused(void **state)
{
	const char *wrong;

	(void)state;
	free(format_to_struct("", &wrong));
	assert_non_null(wrong);
	free(format_to_struct("\tfield:int a;\toffset:16;\tsize:8;\tsigned:1;\n\tfield:int b;\toffset:20;\tsize:4;\tsigned:1;\n",
			      &wrong));
	assert_string_equal(wrong, "its fields overlap");
}

/* struct s { int a; }, whole and then damaged in every way one byte can be. */
static void test_btf_damaged(void **state)
{
	struct {
		struct btf_header header;
		struct btf_type integer;
		uint32_t encoding;
		struct btf_type structure;
		struct btf_member member;
		char strings[12];
	} good = {
		.header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(struct btf_header), .type_len = 40,
			    .str_off = 40, .str_len = 12 },
		.integer = { .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 },
		.encoding = 32,
		.structure = { .name_off = 5, .info = BTF_KIND_STRUCT << 24 | 1, .size = 4 },
		.member = { .name_off = 7, .type = 1 },
		.strings = "\0int\0s\0a",
	};
	struct kernel_btf btf;

	(void)state;
	assert_null(btf_index(&btf, &good, sizeof(good)));
	assert_int_equal(btf.count, 3);
	assert_int_equal(btf_size(&btf, 2), 4);
	assert_int_equal(btf_alignment(&btf, 2), 4);
	btf_release(&btf);
	for (size_t size = 0; size < sizeof(good); size++) {
		void *exact = test_malloc(size ? size : 1);

		memcpy(exact, &good, size);
		assert_non_null(btf_index(&btf, exact, size));
		btf_release(&btf);
		test_free(exact);
	}
	for (size_t i = 0; i < sizeof(good) * 8; i++) {
		unsigned char *bad = test_malloc(sizeof(good));

		memcpy(bad, &good, sizeof(good));
		bad[i / 8] ^= 1 << i % 8;
		if (!btf_index(&btf, bad, sizeof(good)))
			for (uint32_t id = 1; id < btf.count; id++) {
				btf_size(&btf, id);
				btf_alignment(&btf, id);
				btf_string(&btf, btf_at(&btf, id)->name_off);
			}
		btf_release(&btf);
		test_free(bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_cut_off),
		cmocka_unit_test(test_tracepoint),
		cmocka_unit_test(test_tracepoint_refused),
		cmocka_unit_test(test_btf_damaged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
