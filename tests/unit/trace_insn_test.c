/* SPDX-License-Identifier: MIT
 *
 * BPF instructions as text: each kind that there is, in the verifier's notation, and what is none.
 */
#include "trace/insn_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int map_name(void *data, uint32_t id, char *out, size_t size)
{
	(void)data;
	return id == 7 ? snprintf(out, size, "counts") : 0;
}

static int function_name(void *data, uint32_t insn, char *out, size_t size)
{
	(void)data;
	return insn == 12 ? snprintf(out, size, "helper") : 0;
}

static int call_name(void *data, const struct bpf_insn *insn, char *out, size_t size)
{
	const char *name = lt_helper_name((uint32_t)insn->imm);

	(void)data;
	return name ? snprintf(out, size, "%s#%d", name, insn->imm) : 0;
}

static const struct lt_insn_names names = { NULL, map_name, function_name, call_name }, no_names;

static const struct {
	struct bpf_insn insn;	/* code, dst, src, off, imm */
	const char *text;
} known[] = {
	/* 64 and 32 bits, registers and constants */
	{ { 0x07, 1, 0, 0, 5 }, "r1 += 5" }, { { 0x0f, 1, 2, 0, 0 }, "r1 += r2" },
	{ { 0x04, 1, 0, 0, -5 }, "w1 += -5" }, { { 0x0c, 1, 2, 0, 0 }, "w1 += w2" },
	{ { 0x17, 3, 0, 0, 1 }, "r3 -= 1" }, { { 0x2f, 3, 4, 0, 0 }, "r3 *= r4" },
	{ { 0x37, 3, 0, 0, 9 }, "r3 /= 9" }, { { 0x3f, 3, 4, 1, 0 }, "r3 s/= r4" },
	{ { 0x34, 3, 0, 1, 9 }, "w3 s/= 9" }, { { 0x97, 3, 0, 0, 9 }, "r3 %= 9" },
	{ { 0x9c, 3, 4, 1, 0 }, "w3 s%= w4" }, { { 0x4f, 3, 4, 0, 0 }, "r3 |= r4" },
	{ { 0x57, 3, 0, 0, 255 }, "r3 &= 255" }, { { 0x67, 3, 0, 0, 32 }, "r3 <<= 32" },
	{ { 0x7f, 3, 4, 0, 0 }, "r3 >>= r4" }, { { 0xc7, 3, 0, 0, 32 }, "r3 s>>= 32" },
	{ { 0xcc, 3, 4, 0, 0 }, "w3 s>>= w4" }, { { 0xaf, 3, 4, 0, 0 }, "r3 ^= r4" },
	{ { 0x87, 3, 0, 0, 0 }, "r3 = -r3" }, { { 0x84, 3, 0, 0, 0 }, "w3 = -w3" },
	{ { 0xb7, 3, 0, 0, -7 }, "r3 = -7" }, { { 0xb4, 3, 0, 0, 7 }, "w3 = 7" },
	{ { 0xbf, 10, 1, 0, 0 }, "r10 = r1" }, { { 0xbc, 3, 4, 0, 0 }, "w3 = w4" },
	{ { 0xbf, 3, 4, 8, 0 }, "r3 = (s8)r4" }, { { 0xbf, 3, 4, 32, 0 }, "r3 = (s32)r4" },
	{ { 0xbc, 3, 4, 16, 0 }, "w3 = (s16)w4" },
	{ { 0xbf, 3, 4, 1, 1 }, "r3 = addr_space_cast(r4, 0, 1)" },
	{ { 0xbf, 3, 4, 1, 0x10000 }, "r3 = addr_space_cast(r4, 1, 0)" },
	{ { 0xbf, 0, 0, -1, 0 }, "r0 = &(void __percpu *)(r0)" },
	/* byte order */
	{ { 0xdc, 3, 0, 0, 16 }, "r3 = be16 r3" }, { { 0xd4, 3, 0, 0, 64 }, "r3 = le64 r3" },
	{ { 0xd7, 3, 0, 0, 32 }, "r3 = bswap32 r3" },
	/* jumps */
	{ { 0x05, 0, 0, 3, 0 }, "goto pc+3" }, { { 0x05, 0, 0, -3, 0 }, "goto pc-3" },
	{ { 0x06, 0, 0, 0, 70000 }, "gotol pc+70000" }, { { 0x0d, 4, 0, 0, 0 }, "gotox r4" },
	{ { 0xe5, 0, 0, 4, 0 }, "may_goto pc+4" },
	{ { 0x15, 1, 0, 3, 0 }, "if r1 == 0x0 goto pc+3" }, { { 0x1d, 1, 2, 3, 0 }, "if r1 == r2 goto pc+3" },
	{ { 0x16, 1, 0, 3, -1 }, "if w1 == 0xffffffff goto pc+3" },
	{ { 0x1e, 1, 2, -3, 0 }, "if w1 == w2 goto pc-3" },
	{ { 0x25, 1, 0, 3, 16 }, "if r1 > 0x10 goto pc+3" }, { { 0x3d, 1, 2, 3, 0 }, "if r1 >= r2 goto pc+3" },
	{ { 0x45, 1, 0, 3, 4 }, "if r1 & 0x4 goto pc+3" }, { { 0x5d, 1, 2, 3, 0 }, "if r1 != r2 goto pc+3" },
	{ { 0x65, 1, 0, 3, 4 }, "if r1 s> 0x4 goto pc+3" }, { { 0x7d, 1, 2, 3, 0 }, "if r1 s>= r2 goto pc+3" },
	{ { 0xa5, 1, 0, 3, 4 }, "if r1 < 0x4 goto pc+3" }, { { 0xbd, 1, 2, 3, 0 }, "if r1 <= r2 goto pc+3" },
	{ { 0xc6, 1, 0, 3, 4 }, "if w1 s< 0x4 goto pc+3" }, { { 0xde, 1, 2, 3, 0 }, "if w1 s<= w2 goto pc+3" },
	{ { 0x95, 0, 0, 0, 0 }, "exit" },
	/* calls; the test puts each instruction at 10 */
	{ { 0x85, 0, 0, 0, 113 }, "call bpf_probe_read_kernel#113" }, { { 0x85, 0, 0, 0, -5 }, "call unknown#-5" },
	{ { 0x85, 0, 1, 0, 1 }, "call pc+1#helper" }, { { 0x85, 0, 1, 1, 2 }, "call pc+1#helper" },
	{ { 0x85, 0, 1, 0, 2 }, "call pc+2#?" }, { { 0x85, 0, 2, 0, 99999 }, "call unknown#99999" },
	/* memory */
	{ { 0x71, 1, 2, 8, 0 }, "r1 = *(u8 *)(r2 +8)" }, { { 0x69, 1, 2, -8, 0 }, "r1 = *(u16 *)(r2 -8)" },
	{ { 0x61, 1, 2, 0, 0 }, "r1 = *(u32 *)(r2 +0)" }, { { 0x79, 1, 2, 8, 0 }, "r1 = *(u64 *)(r2 +8)" },
	{ { 0x91, 1, 2, 8, 0 }, "r1 = *(s8 *)(r2 +8)" }, { { 0x89, 1, 2, 8, 0 }, "r1 = *(s16 *)(r2 +8)" },
	{ { 0x81, 1, 2, 8, 0 }, "r1 = *(s32 *)(r2 +8)" },
	{ { 0x39, 1, 2, 8, 0 }, "r1 = *(u64 *)(r2 +8)" }, { { 0x41, 1, 2, 8, 0 }, "r1 = *(s32 *)(r2 +8)" },
	{ { 0x73, 10, 2, -1, 0 }, "*(u8 *)(r10 -1) = r2" }, { { 0x7b, 10, 2, -8, 0 }, "*(u64 *)(r10 -8) = r2" },
	{ { 0x72, 10, 0, -1, 5 }, "*(u8 *)(r10 -1) = 5" }, { { 0x7a, 10, 0, -8, -5 }, "*(u64 *)(r10 -8) = -5" },
	{ { 0xc2, 0, 0, 0, 0 }, "nospec" },
	/* atomic ones */
	{ { 0xdb, 1, 2, 8, 0x00 }, "lock *(u64 *)(r1 +8) += r2" }, { { 0xc3, 1, 2, 8, 0x40 }, "lock *(u32 *)(r1 +8) |= r2" },
	{ { 0xdb, 1, 2, 8, 0x50 }, "lock *(u64 *)(r1 +8) &= r2" }, { { 0xc3, 1, 2, 8, 0xa0 }, "lock *(u32 *)(r1 +8) ^= r2" },
	{ { 0xdb, 1, 2, 8, 0x01 }, "r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)" },
	{ { 0xc3, 1, 2, 8, 0x41 }, "r2 = atomic_fetch_or((u32 *)(r1 +8), r2)" },
	{ { 0xdb, 1, 2, 8, 0x51 }, "r2 = atomic64_fetch_and((u64 *)(r1 +8), r2)" },
	{ { 0xdb, 1, 2, 8, 0xa1 }, "r2 = atomic64_fetch_xor((u64 *)(r1 +8), r2)" },
	{ { 0xdb, 1, 2, 8, 0xe1 }, "r2 = atomic64_xchg((u64 *)(r1 +8), r2)" },
	{ { 0xc3, 1, 2, 8, 0xf1 }, "r0 = atomic_cmpxchg((u32 *)(r1 +8), r0, r2)" },
	{ { 0xdb, 1, 2, 8, 0x100 }, "r1 = load_acquire((u64 *)(r2 +8))" },
	{ { 0xd3, 1, 2, 8, 0x110 }, "store_release((u8 *)(r1 +8), r2)" },
	/* packets */
	{ { 0x30, 0, 0, 0, 14 }, "r0 = *(u8 *)skb[14]" }, { { 0x48, 0, 3, 0, 14 }, "r0 = *(u16 *)skb[r3 + 14]" },
	/* none: codes that no instruction has, and fields that an instruction does not have so */
	{ { 0x8b, 1, 2, 3, 4 }, "8b 21 03 00 04 00 00 00" }, { { 0xff, 1, 0, 0, 0 }, "ff 01 00 00 00 00 00 00" },
	{ { 0x07, 1, 0, 1, 5 }, "07 01 01 00 05 00 00 00" }, { { 0xbf, 1, 2, 7, 0 }, "bf 21 07 00 00 00 00 00" },
	{ { 0xdc, 3, 0, 0, 17 }, "dc 03 00 00 11 00 00 00" }, { { 0xdf, 3, 0, 0, 16 }, "df 03 00 00 10 00 00 00" },
	{ { 0x85, 0, 9, 0, 1 }, "85 90 00 00 01 00 00 00" }, { { 0x86, 0, 0, 0, 1 }, "86 00 00 00 01 00 00 00" },
	{ { 0xdb, 1, 2, 8, 0x10 }, "db 21 08 00 10 00 00 00" }, { { 0xd3, 1, 2, 8, 0x01 }, "d3 21 08 00 01 00 00 00" },
	{ { 0x99, 1, 2, 8, 0 }, "99 21 08 00 00 00 00 00" }, { { 0x38, 0, 0, 0, 1 }, "38 00 00 00 01 00 00 00" },
	{ { 0xf5, 1, 0, 3, 0 }, "f5 01 03 00 00 00 00 00" }, { { 0x00, 0, 0, 0, 0 }, "00 00 00 00 00 00 00 00" },
	{ { 0x18, 1, 0, 0, 5 }, "18 01 00 00 05 00 00 00" },
};

static void test_each(void **state)
{
	struct bpf_insn insns[11] = { 0 };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		insns[10] = known[i].insn;
		assert_int_equal(lt_insn_write(insns, 10, 11, &names, text, sizeof(text)), 1);
		assert_string_equal(text, known[i].text);
	}
}

static void test_long_constants(void **state)
{
	static const struct {
		uint8_t source;
		int32_t low, high;
		const char *text, *without_names;
	} cases[] = {
		{ 0, -2, 0x12, "r3 = 0x12fffffffe", "r3 = 0x12fffffffe" },
		{ 1, 7, 0, "r3 = map[counts]", "r3 = map[id:7]" },
		{ 1, 8, 0, "r3 = map[id:8]", "r3 = map[id:8]" },
		{ 2, 7, 24, "r3 = map[counts][0]+24", "r3 = map[id:7][0]+24" },
		{ 4, 1, 1, "r3 = func[helper]", "r3 = 0x100000001" },
	};
	struct bpf_insn insns[12] = { 0 };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		insns[10] = (struct bpf_insn){ 0x18, 3, cases[i].source, 0, cases[i].low };
		insns[11].imm = cases[i].high;
		assert_int_equal(lt_insn_write(insns, 10, 12, &names, text, sizeof(text)), 2);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(lt_insn_write(insns, 10, 12, &no_names, text, sizeof(text)), 2);
		assert_string_equal(text, cases[i].without_names);
	}
}

/* Whatever the bytes, there is a text, and it is within its room. */
static void test_all_codes(void **state)
{
	struct bpf_insn insns[2] = { 0 };
	char text[24];

	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		for (unsigned off = 0; off < 40; off++) {
			memset(text, '#', sizeof(text));
			insns[0] = (struct bpf_insn){ (uint8_t)code, 15, 15, (int16_t)(off - 2), (int32_t)(off * 0x11) };
			assert_in_range(lt_insn_write(insns, 0, 2, &no_names, text, 20), 1, 2);
			assert_true(strlen(text) < 20 && strlen(text) > 3);
			assert_int_equal(text[20], '#');
		}
	}
}

static void test_helpers(void **state)
{
	(void)state;
	assert_string_equal(lt_helper_name(1), "bpf_map_lookup_elem");
	assert_string_equal(lt_helper_name(113), "bpf_probe_read_kernel");
	assert_null(lt_helper_name(0));
	assert_null(lt_helper_name(100000));
	assert_int_equal(lt_helper_number("bpf_probe_read_kernel"), 113);
	assert_int_equal(lt_helper_number("bpf_none"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_long_constants),
		cmocka_unit_test(test_all_codes),
		cmocka_unit_test(test_helpers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
