/* SPDX-License-Identifier: MIT
 *
 * How a program's kind and target are told by its section, its name and its parameter, and lists of CPUs.
 */
#include "trace/cpus.h"
#include "trace/probe.h"
#include <bpf/btf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_kind(const struct lt_probe_ops *ops, const char *target, const char *kind, const char *wanted)
{
	if (!kind) {
		assert_null(ops);
		return;
	}
	assert_non_null(ops);
	assert_string_equal(ops->name, kind);
	assert_string_equal(target, wanted);
}

static void by_name(const char *function, const char *kind, const char *wanted)
{
	char target[256] = "";

	assert_kind(lt_kind_of_name(function, target, sizeof(target)), target, kind, wanted);
}

static void by_section(const char *section, const char *kind, const char *wanted)
{
	char target[256] = "";

	assert_kind(lt_kind_of_section(section, target, sizeof(target)), target, kind, wanted);
}

static void test_names(void **state)
{
	(void)state;
	by_name("kprobe__tcp_v4_connect", "kprobe", "tcp_v4_connect");
	by_name("kprobe____x64_sys_clone", "kprobe", "__x64_sys_clone");
	by_name("kretprobe__vfs_read", "kretprobe", "vfs_read");
	by_name("raw_tracepoint__sys_enter", "raw_tracepoint", "sys_enter");
	by_name("kfunc__vmlinux__tcp_v4_connect", "fentry", "tcp_v4_connect");
	by_name("kfunc__vmlinux____x64_sys_clone", "fentry", "__x64_sys_clone");
	by_name("kretfunc__nf_tables__nft_do_chain", "fexit", "nf_tables:nft_do_chain");
	by_name("tracepoint__sched__sched_switch", "tracepoint", "sched:sched_switch");
	/* No tracepoint is called so: the first of the ways to split it is named. */
	by_name("tracepoint__no__such__event", "tracepoint", "no:such__event");
	by_name("tracepoint__lonely", "tracepoint", "lonely");
	by_name("probe_SSL_write", NULL, NULL);
	by_name("kprobe__", NULL, NULL);
	by_name("kprobe_vfs_read", NULL, NULL);
	by_name("xkprobe__vfs_read", NULL, NULL);
}

static void test_sections(void **state)
{
	(void)state;
	by_section("kprobe/vfs_read", "kprobe", "vfs_read");
	by_section("ksyscall/openat", "kprobe", "sys_openat");
	by_section("kretsyscall/openat", "kretprobe", "sys_openat");
	by_section("tracepoint/syscalls/sys_enter_openat", "tracepoint", "syscalls:sys_enter_openat");
	by_section("tp/sched/sched_switch", "tracepoint", "sched:sched_switch");
	by_section("raw_tp/sys_enter", "raw_tracepoint", "sys_enter");
	by_section("tp_btf/sched_switch", "tp_btf", "sched_switch");
	by_section("fentry/vfs_read", "fentry", "vfs_read");
	by_section("fexit.s/vfs_read", "fexit", "vfs_read");
	by_section("?fentry/vfs_read", "fentry", "vfs_read");
	by_section("uprobe//usr/lib/libc.so.6:malloc", "uprobe", "/usr/lib/libc.so.6:malloc");
	by_section("perf_event", "perf_event", "");
	by_section("xdp", "xdp", "");
	by_section("lt/main", NULL, NULL);
	by_section(".text", NULL, NULL);
	by_section("", NULL, NULL);
}

/* A function of one parameter: a pointer, `names` typedefs deep, to the struct. */
static void add_program(struct btf *btf, const char *name, const char *context, int typedefs)
{
	int type = btf__add_struct(btf, context, 8);

	type = btf__add_ptr(btf, btf__add_const(btf, type));
	while (typedefs--)
		type = btf__add_typedef(btf, "alias", type);
	btf__add_func_proto(btf, 1);
	btf__add_func_param(btf, "ctx", type);
	btf__add_func(btf, name, BTF_FUNC_GLOBAL, (int)btf__type_cnt(btf) - 1);
}

static void by_context(const struct btf *btf, const char *function, const char *kind)
{
	const struct lt_probe_ops *ops = lt_kind_of_context(btf, function);

	assert_kind(ops, "", kind, "");
}

static void test_contexts(void **state)
{
	struct btf *btf = btf__new_empty();
	int nothing, number;

	(void)state;
	assert_non_null(btf);
	add_program(btf, "a", "pt_regs", 0);
	add_program(btf, "b", "bpf_perf_event_data", 2);
	add_program(btf, "c", "bpf_raw_tracepoint_args", 0);
	add_program(btf, "d", "tracepoint__sched__sched_switch", 0);
	add_program(btf, "e", "xdp_md", 0);
	add_program(btf, "f", "__sk_buff", 1);
	add_program(btf, "g", "sock", 0);
	nothing = btf__add_func_proto(btf, 0);
	btf__add_func(btf, "h", BTF_FUNC_GLOBAL, nothing);
	number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	btf__add_func_proto(btf, number);
	btf__add_func_param(btf, "x", number);
	btf__add_func(btf, "i", BTF_FUNC_GLOBAL, (int)btf__type_cnt(btf) - 1);
	by_context(btf, "a", "kprobe");
	by_context(btf, "b", "perf_event");
	by_context(btf, "c", "raw_tracepoint");
	by_context(btf, "d", "tracepoint");
	by_context(btf, "e", "xdp");
	by_context(btf, "f", "socket");
	by_context(btf, "g", NULL);
	by_context(btf, "h", NULL);
	by_context(btf, "i", NULL);
	by_context(btf, "missing", NULL);
	by_context(NULL, "a", NULL);
	btf__free(btf);
}

static void test_kind_names(void **state)
{
	lt_error err = { 0 };
	uint32_t count = 0;

	(void)state;
	while (lt_kind_name(count)) {
		assert_ptr_equal(lt_probe_ops_named(lt_kind_name(count))->name, lt_kind_name(count));
		count++;
	}
	assert_true(count >= 9);
	assert_null(lt_kind_name(count + 7));
	assert_int_equal(lt_kind_supported("kprob", &err), -EINVAL);
	assert_string_equal(err.message, "luatrace: 'kprob' is no kind of probe; similar: kprobe, uprobe");
}

static void test_not_an_object(void **state)
{
	lt_object *object = (lt_object *)1;
	lt_error err = { 0 };

	(void)state;
	assert_int_equal(lt_object_open("no ELF", 6, &object, &err), -EINVAL);
	assert_null(object);
	assert_string_equal(err.message, "object: not a BPF object that libbpf understands; -vv shows what it minds");
	assert_int_equal(lt_object_open("", 0, &object, NULL), -EINVAL);
	lt_object_free(NULL);
	lt_output_close(NULL);
	lt_trace_pipe_free(NULL);
}

static void test_cpus(void **state)
{
	int32_t *cpus = NULL;

	(void)state;
	assert_int_equal(lt_cpus_parse("0\n", &cpus), 1);
	assert_int_equal(cpus[0], 0);
	free(cpus);
	assert_int_equal(lt_cpus_parse("0-2,5,7-8\n", &cpus), 6);
	assert_int_equal(cpus[2], 2);
	assert_int_equal(cpus[3], 5);
	assert_int_equal(cpus[5], 8);
	free(cpus);
	assert_int_equal(lt_cpus_parse("", &cpus), -EINVAL);
	assert_int_equal(lt_cpus_parse("0-", &cpus), -EINVAL);
	assert_int_equal(lt_cpus_parse("3-1", &cpus), -EINVAL);
	assert_int_equal(lt_cpus_parse("0-99999999999", &cpus), -EINVAL);
	assert_int_equal(lt_cpus_parse("x", &cpus), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_contexts),
		cmocka_unit_test(test_kind_names),
		cmocka_unit_test(test_not_an_object),
		cmocka_unit_test(test_cpus),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
