/* SPDX-License-Identifier: MIT
 *
 * Reasons, lines and causes out of the verifier's log, as old and new kernels write it, and lines out of line info.
 */
#include "trace/cause.h"
#include "trace/line_info.h"
#include "trace/verifier_log.h"
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_refusal(const char *log, const char *wanted)
{
	struct lt_refusal refusal;
	char text[768];

	lt_verifier_log_parse(log, &refusal);
	lt_refusal_write(&refusal, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void test_new_wording(void **state)
{
	(void)state;
	assert_refusal("0: R1=ctx() R10=fp0\n"
		       "; int nullmap(struct pt_regs *ctx) @ program.c:5\n"
		       "0: (b7) r1 = 0                        ; R1_w=0\n"
		       "; u64 *v = bpf_map_lookup_elem(&counts, &k); @ program.c:8\n"
		       "6: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=counts,ks=4,vs=8)\n"
		       "; \t*v += 1; @ program.c:9\n"
		       "7: (79) r1 = *(u64 *)(r0 +0)\n"
		       "R0 invalid mem access 'map_value_or_null'\n"
		       "processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
		       "R0 invalid mem access 'map_value_or_null' (line 9: *v += 1;)");
}

static void test_old_wording(void **state)
{
	static const char log[] =
		"reg type unsupported for arg#0 function nullmap#12\n"
		"0: R1=ctx(off=0,imm=0) R10=fp0\n"
		"; u32 k = 0;\n"
		"0: (b7) r1 = 0                        ; R1_w=inv0\n"
		"last_idx 0 first_idx 0\n"
		"regs=2 stack=0 before 0: (b7) r1 = 0\n"
		"; *v += 1;\n"
		"7: (79) r1 = *(u64 *)(r0 +0)\n"
		"R0 invalid mem access 'map_value_or_null'\n"
		"processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n";
	struct lt_refusal refusal;

	(void)state;
	lt_verifier_log_parse(log, &refusal);
	assert_int_equal(refusal.line, 0);
	assert_int_equal(refusal.insn, 7);
	assert_refusal(log, "R0 invalid mem access 'map_value_or_null' (at: *v += 1;)");
}

static void test_two_lines_of_reason(void **state)
{
	(void)state;
	assert_refusal("; return v[k & 15]; @ program.c:17\n"
		       "12: (71) r0 = *(u8 *)(r1 +0)\n"
		       "invalid access to map value, value_size=8 off=15 size=1\n"
		       "R1 max value is outside of the allowed memory range\n"
		       "processed 12 insns (limit 1000000)\n",
		       "invalid access to map value, value_size=8 off=15 size=1: R1 max value is outside of the allowed "
		       "memory range (line 17: return v[k & 15];)");
}

static void test_reasons_that_look_like_states(void **state)
{
	(void)state;
	assert_refusal("3: (85) call bpf_perf_event_output#25\n"
		       "R1 type=scalar expected=ctx\n"
		       "processed 4 insns\n", "R1 type=scalar expected=ctx");
	assert_refusal("0: (95) exit\nR0 !read_ok\nprocessed 1 insns\n", "R0 !read_ok");
	assert_refusal("from 3 to 6: R0=inv(id=0) R10=fp0\n 6: (95) exit\nframe1: R0=0\nback-edge from insn 6 to 2\n",
		       "back-edge from insn 6 to 2");
}

static void test_without_instructions(void **state)
{
	(void)state;
	assert_refusal("BPF program is too large. Processed 1000001 insn\n"
		       "processed 1000001 insns (limit 1000000) max_states_per_insn 4\n",
		       "BPF program is too large. Processed 1000001 insn");
	assert_refusal("processed 0 insns (limit 1000000) max_states_per_insn 0\n", "it gave no reason");
	assert_refusal("", "it gave no reason");
	assert_refusal("no newline at the end", "no newline at the end");
	assert_refusal("\n\n  \n", "it gave no reason");
}

static void test_source_with_an_at(void **state)
{
	(void)state;
	assert_refusal("; char *s = \"a @ b\"; @ dir/program.c:23\n1: (95) exit\nR0 !read_ok\n",
		       "R0 !read_ok (line 23: char *s = \"a @ b\";)");
	assert_refusal("; puts(\"x @ y\");\n1: (95) exit\nR0 !read_ok\n", "R0 !read_ok (at: puts(\"x @ y\");)");
	/* The compiler had no text for the line. */
	assert_refusal(";  @ program.c:4\n1: (95) exit\nR0 !read_ok\n", "R0 !read_ok (line 4)");
}

static void assert_cause(const char *log, const char *wanted)
{
	struct lt_refusal refusal;
	char text[256];

	lt_verifier_log_parse(log, &refusal);
	lt_cause_write(&refusal, text, sizeof(text));
	assert_string_equal(text, wanted);
}

/* What kernels say that no test runs on. */
static void test_causes_of_old_kernels(void **state)
{
	(void)state;
	assert_cause("; return *(int *)from;\n2: (61) r0 = *(u32 *)(r1 +0)\nR1 invalid mem access 'inv'\n",
		     "the pointer is no pointer that a program may follow: an address of the kernel or of a process is read "
		     "with bpf_probe_read_kernel() or bpf_probe_read_user()");
	assert_cause("; rec->a = 1;\n2: (7a) *(u64 *)(r0 +0) = 1\nR0 invalid mem access 'mem_or_null'\n",
		     "'rec' may be NULL: check what ringbuf_reserve gave before using it");
	assert_cause("; u64 *v = hash.lookup(&key);\n5: (85) call bpf_map_lookup_elem#1\n"
		     "invalid indirect read from stack off -16+4 size 8\n",
		     "bytes of it were never set (padding counts): begin with = {}");
	assert_cause("; bpf_get_current_comm(name, 64);\n5: (85) call bpf_get_current_comm#16\n"
		     "invalid stack type R1 off=-32 access_size=64\n",
		     "more is read or written than the variable has room: the size is at most sizeof of it");
	assert_cause("; bpf_get_current_comm(name, 64);\n5: (85) call bpf_get_current_comm#16\n"
		     "invalid indirect access to stack R1 off=-32 size=64\n",
		     "more is read or written than the variable has room: the size is at most sizeof of it");
	assert_cause("; bpf_sk_release(sk);\n9: (85) call bpf_sk_release#86\nreference has not been acquired before\n",
		     "what is released here was submitted, discarded or released before, or was never taken: each ends once");
	assert_cause("2: (85) call bpf_skb_load_bytes#26\nunknown func bpf_skb_load_bytes#26\n",
		     "this kind of program has no such helper in this kernel");
	assert_cause("tail_calls are not allowed in programs with bpf-to-bpf calls\n",
		     "this kernel takes no tail call in a program with functions of its own: drop noinline");
	assert_cause("; bpf_task_release(task->parent);\n9: (85) call bpf_task_release#7\n"
		     "R1 must be referenced or trusted\n",
		     "this was read out of another object, and may go away meanwhile: the function takes only what the kernel "
		     "handed to this program, or what was acquired; members are read as ever");
	assert_cause("0: (95) exit\nsomething that nobody has seen yet\n", "");
}

/* .BTF.ext with line records of two sections. */
struct section {
	uint32_t name, count;
};

struct ext {
	struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t size, func_offset, func_size, line_offset, line_size;
	} header;
	uint32_t record_size;
	struct section first;
	struct bpf_line_info a[2];
	struct section second;
	struct bpf_line_info b[3];
};

static void test_line_info(void **state)
{
	struct btf *btf = btf__new_empty();
	struct ext ext = {
		.header = { .magic = 0xeb9f, .version = 1, .size = sizeof(ext.header) },
		.record_size = sizeof(struct bpf_line_info),
		.first = { .count = 2 },
		.a = { { .line_col = 3 << 10 }, { .insn_off = 16, .line_col = 4 << 10 } },
		.second = { .count = 3 },
		.b = { { .line_col = 11 << 10 }, { .insn_off = 24, .line_col = 12 << 10 | 5 },
		       { .insn_off = 64, .line_col = 13 << 10 } },
	};
	struct ext kept;
	const char *source;

	(void)state;
	ext.header.line_size = sizeof(ext) - sizeof(ext.header);
	ext.first.name = (uint32_t)btf__add_str(btf, "lt/a");
	ext.second.name = (uint32_t)btf__add_str(btf, "lt/b");
	ext.b[1].line_off = (uint32_t)btf__add_str(btf, "\tx = *p;");

	assert_int_equal(lt_line_info_walk(&ext, sizeof(ext), btf, "lt/a", 8, &source), 3);
	assert_int_equal(lt_line_info_walk(&ext, sizeof(ext), btf, "lt/a", 800, &source), 4);
	assert_int_equal(lt_line_info_walk(&ext, sizeof(ext), btf, "lt/b", 56, &source), 12);
	assert_string_equal(source, "\tx = *p;");
	assert_int_equal(lt_line_info_walk(&ext, sizeof(ext), btf, "lt/c", 0, &source), 0);
	assert_string_equal(source, "");
	/* Of one section only, here the second one: its records are now the first. */
	kept = ext;
	lt_line_info_keep_in(&kept, sizeof(kept), btf, "lt/b");
	assert_int_equal(kept.header.line_size, sizeof(uint32_t) + sizeof(struct section) + sizeof(ext.b));
	assert_memory_equal(&kept.first, &ext.second, sizeof(struct section) + sizeof(ext.b));
	assert_int_equal(lt_line_info_walk(&kept, sizeof(kept), btf, "lt/b", 56, &source), 12);
	assert_int_equal(lt_line_info_walk(&kept, sizeof(kept), btf, "lt/a", 8, &source), 0);
	kept = ext;
	lt_line_info_keep_in(&kept, sizeof(kept), btf, "lt/c");
	assert_int_equal(kept.header.line_size, 0);
	kept = ext;
	kept.second.count = 4;
	lt_line_info_keep_in(&kept, sizeof(kept), btf, "lt/a");
	assert_int_equal(lt_line_info_walk(&kept, sizeof(kept), btf, "lt/a", 8, &source), 3);
	lt_line_info_keep_in(&kept, 7, btf, "lt/a");
	/* Cut short, or with sizes that lie. */
	assert_int_equal(lt_line_info_walk(&ext, 7, btf, "lt/a", 8, &source), 0);
	assert_int_equal(lt_line_info_walk(&ext, sizeof(ext) - 1, btf, "lt/a", 8, &source), 0);
	ext.first.count = UINT32_MAX;
	lt_line_info_walk(&ext, sizeof(ext), btf, "lt/a", 8, &source);
	ext.record_size = 0;
	assert_int_equal(lt_line_info_walk(&ext, sizeof(ext), btf, "lt/a", 8, &source), 0);
	ext.header.line_offset = UINT32_MAX;
	assert_int_equal(lt_line_info_walk(&ext, sizeof(ext), btf, "lt/a", 8, &source), 0);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_wording),
		cmocka_unit_test(test_old_wording),
		cmocka_unit_test(test_two_lines_of_reason),
		cmocka_unit_test(test_reasons_that_look_like_states),
		cmocka_unit_test(test_without_instructions),
		cmocka_unit_test(test_source_with_an_at),
		cmocka_unit_test(test_causes_of_old_kernels),
		cmocka_unit_test(test_line_info),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
