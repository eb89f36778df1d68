/* SPDX-License-Identifier: MIT
 *
 * USDT notes and their operands: every form, and what is damaged or made to hurt.
 */
#include "../../host/error.h"
#include "../../host/symbols/usdt.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- operands -------------------------------------------------------------------------------------------------- */

enum { PC = 0x401000 };

static bool symbol(void *arg, const char *name, size_t length, uint64_t *value)
{
	(void)arg;
	*value = 0x404020;
	return (length == 4 && !memcmp(name, "glob", 4)) || (length == 9 && !memcmp(name, "counter.0", 9));
}

static const char *describe(uint16_t machine, const char *text)
{
	static char out[256];
	lt_usdt_place place = { .machine = machine, .address = PC, .symbol = symbol };
	lt_usdt_argument a[LT_USDT_ARGUMENTS];
	uint32_t count = lt_usdt_parse_arguments(text, &place, a);
	size_t used = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < count && i < LT_USDT_ARGUMENTS && used < sizeof(out); i++) {
		char base[32] = "", index[32] = "";

		if (a[i].unreadable) {
			used += (size_t)snprintf(out + used, sizeof(out) - used, "%s!%s", i ? " " : "", a[i].unreadable);
			continue;
		}
		if (a[i].has_base)
			snprintf(base, sizeof(base), "r%u", a[i].base);
		if (a[i].has_index)
			snprintf(index, sizeof(index), "+r%u<<%u", a[i].index, a[i].scale);
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s%u%s%s%s%+lld%s", i ? " " : "",
					 a[i].is_signed ? "s" : "u", a[i].size, a[i].memory ? "[" : "=", base, index,
					 (long long)a[i].offset, a[i].memory ? "]" : "");
	}
	return out;
}

struct form { const char *text, *meaning; };

/* struct pt_regs of x86-64: r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip */
static const struct form x86_forms[] = {
	{ "", "" },
	{ "-4@$5", "s4=+5" },
	{ "-4@$-7", "s4=-7" },
	{ "4@$-1", "u4=+4294967295" },
	{ "-4@$4294967289", "s4=-7" },
	{ "8@$0x10", "u8=+16" },
	{ "-1@$0xff", "s1=-1" },
	{ "-8@$-9223372036854775808", "s8=-9223372036854775808" },
	{ "8@$18446744073709551615", "u8=-1" },
	{ "8@%rax", "u8=r80+0" }, { "-8@%rbx", "s8=r40+0" }, { "8@%rcx", "u8=r88+0" }, { "8@%rdx", "u8=r96+0" },
	{ "8@%rsi", "u8=r104+0" }, { "8@%rdi", "u8=r112+0" }, { "8@%rbp", "u8=r32+0" }, { "8@%rsp", "u8=r152+0" },
	{ "8@%r8", "u8=r72+0" }, { "8@%r9", "u8=r64+0" }, { "8@%r10", "u8=r56+0" }, { "8@%r11", "u8=r48+0" },
	{ "8@%r12", "u8=r24+0" }, { "8@%r13", "u8=r16+0" }, { "8@%r14", "u8=r8+0" }, { "8@%r15", "u8=r0+0" },
	{ "-4@%edi", "s4=r112+0" }, { "4@%r8d", "u4=r72+0" }, { "2@%ax", "u2=r80+0" }, { "-2@%r15w", "s2=r0+0" },
	{ "-1@%dil", "s1=r112+0" }, { "1@%al", "u1=r80+0" }, { "1@%r9b", "u1=r64+0" }, { "1@%spl", "u1=r152+0" },
	{ "1@%ah", "u1=r81+0" }, { "-1@%dh", "s1=r97+0" },
	{ "-4@%ax", "s2=r80+0" },	/* no more of a register than its name means */
	{ "8@%eax", "u4=r80+0" },
	{ "8@-24(%rbp)", "u8[r32-24]" },
	{ "-4@112(%rsp)", "s4[r152+112]" },
	{ "8@(%rax)", "u8[r80+0]" },
	{ "2@0x10(%r10)", "u2[r56+16]" },
	{ "8@8+16(%rdi)", "u8[r112+24]" },
	{ "8@-8-16(%rdi)", "u8[r112-24]" },
	{ "8@(%rax,%rbx,8)", "u8[r80+r40<<3+0]" },
	{ "8@16(%rax,%rcx,4)", "u8[r80+r88<<2+16]" },
	{ "8@16(%rax, %rcx, 4)", "u8[r80+r88<<2+16]" },
	{ "1@(%rax,%rbx)", "u1[r80+r40<<0+0]" },
	{ "8@16(,%rcx,8)", "u8[+r88<<3+16]" },
	{ "4@0x601040", "u4[+6295616]" },
	{ "8@glob(%rip)", "u8[r128+12320]" },
	{ "8@glob+8(%rip)", "u8[r128+12328]" },
	{ "8@16+glob(%rip)", "u8[r128+12336]" },
	{ "-4@glob-4(%rip)", "s4[r128+12316]" },
	{ "4@counter.0(%rip)", "u4[r128+12320]" },
	{ "4@glob", "u4[r128+12320]" },
	{ "8@$glob", "u8=r128+12320" },
	{ "8@$glob+4", "u8=r128+12324" },
	{ "8@glob(,%rbx,8)", "u8[r128+r40<<3+12320]" },
	{ "%rax $3", "u8=r80+0 u8=+3" },
	{ "-4@%eax 8@-8(%rbp)  2@$7 ", "s4=r80+0 u8[r32-8] u2=+7" },
	{ "8@nope(%rip)", "!it lies at a symbol that the file does not name (it may be stripped)" },
	{ "8f@%xmm0", "!it is a floating point number" },
	{ "-8f@8(%rsp)", "!it is a floating point number" },
	{ "8@%xmm1", "!it lies in a floating point or vector register" },
	{ "8@%st(0)", "!it lies in a floating point or vector register" },
	{ "8@%fs:16", "!it lies relative to a segment register" },
	{ "8@%fs:(%rax)", "!it lies relative to a segment register" },
	{ "16@%rax", "!it is not of 1, 2, 4 or 8 bytes" },
	{ "3@%eax -4@%eax", "!it is not of 1, 2, 4 or 8 bytes s4=r80+0" },
};

#define UNKNOWN "!its operand is of no form known here"
static const char *const x86_wrong[] = {
	"8@", "8@$", "8@%", "8@%rxx", "8@%r16", "8@(", "8@()x", "8@(%rax", "8@(%rax,%rbx,3)", "8@(%rax,%rbx,", "8@4(%rip)",
	"8@(%rax,%rip,1)", "8@glob(%rip)x", "8@glob@GOTPCREL(%rip)", "8@$99999999999999999999", "8@glob-glob(%rip)", "8@glob+glob",
	"8@$-glob", "8@%raxx", "8@*(%rax)", "8@0x(%rax)", "8@12ab(%rax)", "8@glob(%rax,%rbx,8)", "8@[rax]",
};

static const struct form arm64_forms[] = {
	{ "4@w0", "u4=r0+0" }, { "8@x1", "u8=r8+0" }, { "-1@w30", "s1=r240+0" }, { "8@x29", "u8=r232+0" },
	{ "8@sp", "u8=r248+0" }, { "8@xzr", "u8=+0" }, { "-4@wzr", "s4=+0" },
	{ "8@[sp]", "u8[r248+0]" },
	{ "8@[sp, 16]", "u8[r248+16]" },
	{ "-4@[x19,-8]", "s4[r152-8]" },
	{ "4@[x1, #8]", "u4[r8+8]" },
	{ "4@[x1, x2]", "u4[r8+r16<<0+0]" },
	{ "8@[x1, x2, lsl 3]", "u8[r8+r16<<3+0]" },
	{ "8@[x1, x2, lsl #3]", "u8[r8+r16<<3+0]" },
	{ "-4@5", "s4=+5" }, { "-4@-5", "s4=-5" }, { "8@#0x20", "u8=+32" }, { "2@-1", "u2=+65535" },
	{ "8@x0 -4@[sp, 12] 4@7", "u8=r0+0 s4[r248+12] u4=+7" },
	{ "8f@d0", "!it is a floating point number" },
	{ "8@d0", "!it lies in a floating point or vector register" },
};
static const char *const arm64_wrong[] = {
	"8@x31", "8@w", "8@[sp", "8@[sp,", "8@[sp]!", "8@[x0, w1, sxtw 3]", "8@[x0, x1, lsl 9]", "8@[x0, :lo12:glob]", "8@y1", "8@",
	"8@[5]", "8@x1x",
};

static void operands_of_x86(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(x86_forms) / sizeof(*x86_forms); i++)
		assert_string_equal(describe(EM_X86_64, x86_forms[i].text), x86_forms[i].meaning);
	for (size_t i = 0; i < sizeof(x86_wrong) / sizeof(*x86_wrong); i++)
		if (strcmp(describe(EM_X86_64, x86_wrong[i]), UNKNOWN))
			fail_msg("%s: %s", x86_wrong[i], describe(EM_X86_64, x86_wrong[i]));
	/* without a size: a word of the machine */
	assert_string_equal(describe(EM_386, "%eax 8(%ebp) -4@%esi"), "u4=r80+0 u4[r32+8] s4=r104+0");
}

static void operands_of_arm64(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(arm64_forms) / sizeof(*arm64_forms); i++)
		assert_string_equal(describe(EM_AARCH64, arm64_forms[i].text), arm64_forms[i].meaning);
	for (size_t i = 0; i < sizeof(arm64_wrong) / sizeof(*arm64_wrong); i++)
		if (strcmp(describe(EM_AARCH64, arm64_wrong[i]), UNKNOWN))
			fail_msg("%s: %s", arm64_wrong[i], describe(EM_AARCH64, arm64_wrong[i]));
}

static void operands_too_many_and_too_long(void **state)
{
	static const char one[] = "-4@$1 ";
	char text[4096] = "";
	lt_usdt_place place = { .machine = EM_X86_64 };
	lt_usdt_argument a[LT_USDT_ARGUMENTS + 1];

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(text, one);
	memset(a, 0x5a, sizeof(a));
	assert_int_equal(lt_usdt_parse_arguments(text, &place, a), 20);
	assert_int_equal(a[LT_USDT_ARGUMENTS - 1].offset, 1);
	assert_int_equal(a[LT_USDT_ARGUMENTS].size, 0x5a);
	memset(text, '(', sizeof(text) - 1);
	memcpy(text, "8@$2 8@", 7);
	assert_int_equal(lt_usdt_parse_arguments(text, &place, a), 2);
	assert_null(a[0].unreadable);
	assert_non_null(a[1].unreadable);
	/* a symbol, and nobody to ask for it */
	assert_int_equal(lt_usdt_parse_arguments("8@glob(%rip)", &place, a), 1);
	assert_non_null(a[0].unreadable);
}

/* ---- notes ----------------------------------------------------------------------------------------------------- */

struct seen {
	int count;
	char last[256];
};

static int see(void *arg, const lt_usdt_note *note)
{
	struct seen *seen = arg;

	seen->count++;
	snprintf(seen->last, sizeof(seen->last), "%s:%s %llx %llx %llx '%s'", note->provider, note->name,
		 (unsigned long long)note->address, (unsigned long long)note->base, (unsigned long long)note->semaphore,
		 note->arguments);
	return 0;
}

/* Appends a note; `strings` with its NULs. */
static size_t put(char *at, uint32_t type, const char *owner, bool wide, const char *strings, size_t length)
{
	uint64_t addresses[3] = { 0x1122, 0x3344, 0x5566 };
	uint32_t head[3] = { (uint32_t)strlen(owner) + 1, (uint32_t)((wide ? 24 : 12) + length), type };
	char *start = at;

	memcpy(at, head, sizeof(head));
	at += sizeof(head);
	memset(at, 0, (head[0] + 3) & ~3u);
	memcpy(at, owner, head[0]);
	at += (head[0] + 3) & ~3u;
	for (int i = 0; i < 3; i++) {
		memcpy(at, &addresses[i], wide ? 8 : 4);
		at += wide ? 8 : 4;
	}
	memset(at, 0, (length + 3) & ~(size_t)3);
	memcpy(at, strings, length);
	at += (length + 3) & ~(size_t)3;
	return (size_t)(at - start);
}

#define STRINGS(text) text, sizeof(text)	/* the last NUL is the literal's */

static void notes_of_both_widths(void **state)
{
	char data[1024];

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		struct seen seen = { 0 };
		size_t size = put(data, 3, "stapsdt", wide, STRINGS("lib\0probe\0-4@%edi 8@%rsi"));

		assert_int_equal(lt_usdt_each_note(data, size, wide, see, &seen), 0);
		assert_int_equal(seen.count, 1);
		assert_string_equal(seen.last, "lib:probe 1122 3344 5566 '-4@%edi 8@%rsi'");
		size += put(data + size, 3, "GNU", wide, STRINGS("lib\0other\0"));
		size += put(data + size, 4, "stapsdt", wide, STRINGS("lib\0other\0"));
		size += put(data + size, 3, "stapsdt", wide, STRINGS("lib\0plain\0"));
		size += put(data + size, 3, "stapsdt", wide, STRINGS("lib\0bare"));
		assert_int_equal(lt_usdt_each_note(data, size, wide, see, &seen), 0);
		assert_int_equal(seen.count, 4);
		assert_string_equal(seen.last, "lib:bare 1122 3344 5566 ''");
	}
}

static int stop(void *arg, const lt_usdt_note *note)
{
	(void)note;
	return ++*(int *)arg == 2 ? 77 : 0;
}

static void notes_damaged(void **state)
{
	static const struct { const char *strings; size_t length; } wrong[] = {
		{ STRINGS("") }, { STRINGS("lib") }, { STRINGS("\0name\0") }, { STRINGS("lib\0\0") },
		{ STRINGS("lib\0pro\x1b[31mbe\0") }, { STRINGS("lib\0probe\0\xff@") }, { "lib\0probe\0arg", 13 }, { "lib\0probe", 9 },
		{ "lib", 3 }, { "", 0 },
	};
	char data[1024], *exact;
	int stopped = 0;
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct seen seen = { 0 };

		/* one that is wrong does not hide the next */
		size = put(data, 3, "stapsdt", true, wrong[i].strings, wrong[i].length);
		size += put(data + size, 3, "stapsdt", true, STRINGS("lib\0good\0"));
		lt_usdt_each_note(data, size, true, see, &seen);
		assert_int_equal(seen.count, 1);
		assert_string_equal(seen.last, "lib:good 1122 3344 5566 ''");
	}
	/* cut short anywhere, in a buffer of just that size: for the sanitizers */
	size = put(data, 3, "stapsdt", true, STRINGS("lib\0probe\0-4@%edi"));
	for (size_t cut = 0; cut < size; cut++) {
		struct seen seen = { 0 };

		exact = malloc(cut ? cut : 1);
		memcpy(exact, data, cut);
		lt_usdt_each_note(exact, cut, true, see, &seen);
		/* only padding is missing when it is seen all the same */
		assert_int_equal(seen.count, cut >= size - 2);
		free(exact);
	}
	/* sizes that lie */
	for (size_t at = 0; at < 8; at += 4)
		for (uint32_t lie = 0xffffffff; lie > 0xfffffff0; lie--) {
			struct seen seen = { 0 };

			put(data, 3, "stapsdt", true, STRINGS("lib\0probe\0-4@%edi"));
			memcpy(data + at, &lie, 4);
			lt_usdt_each_note(data, size, true, see, &seen);
			assert_int_equal(seen.count, 0);
		}
	/* a callback that has enough */
	size = 0;
	for (int i = 0; i < 3; i++)
		size += put(data + size, 3, "stapsdt", true, STRINGS("lib\0probe\0"));
	assert_int_equal(lt_usdt_each_note(data, size, true, stop, &stopped), 77);
	assert_int_equal(stopped, 2);
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

static const char *why(const char *path, int32_t pid, int code)
{
	static lt_error err;
	lt_usdt *usdt;

	assert_int_equal(lt_usdt_open(path, pid, &usdt, &err), code);
	assert_null(usdt);
	return err.message;
}

static void files_and_their_errors(void **state)
{
	(void)state;
	assert_string_equal(why("/nonexistent/x", -1, -ENOENT), "usdt '/nonexistent/x': no such file");
	assert_non_null(strstr(why("zzqqzz", -1, -ENOENT), "usdt 'zzqqzz': no such library or program"));
	assert_string_equal(why("/usr", -1, -EISDIR), "usdt '/usr': is a directory");
	assert_non_null(strstr(why("/etc/passwd", -1, -ENOEXEC), "not an ELF program"));
	assert_non_null(strstr(why("/proc/self/exe", -1, -ENOENT), "has no USDT probes (no section .note.stapsdt)"));
	assert_non_null(strstr(why("/proc/self/exe", 4194304, -ESRCH), "no process 4194304"));
	assert_string_equal(why(NULL, 4194304, -ESRCH), "usdt: no process 4194304");
	assert_non_null(strstr(why(NULL, -1, -EINVAL), "neither a file nor a process"));
	lt_usdt_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operands_of_x86),
		cmocka_unit_test(operands_of_arm64),
		cmocka_unit_test(operands_too_many_and_too_long),
		cmocka_unit_test(notes_of_both_widths),
		cmocka_unit_test(notes_damaged),
		cmocka_unit_test(files_and_their_errors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
