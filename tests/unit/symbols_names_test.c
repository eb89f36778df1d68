/* SPDX-License-Identifier: MIT
 *
 * Kernel symbols, near names.
 */
#include "../../host/error.h"
#include "../../host/symbols/ksyms.h"
#include "../../host/symbols/symbols.h"
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

/* ---- near names ---------------------------------------------------------------------------------------------- */

static const char *near(const char *wanted, const char *const *names)
{
	static char out[256];
	lt_similar similar;

	lt_similar_start(&similar, wanted);
	for (; *names; names++)
		lt_similar_offer(&similar, *names, strlen(*names));
	lt_similar_list(&similar, out, sizeof(out));
	return out;
}

#define NEAR(wanted, ...) near(wanted, (const char *const[]){ __VA_ARGS__, NULL })

static void similar_orders_by_likelihood(void **state)
{
	(void)state;
	assert_string_equal(NEAR("SSL_wrte", "SSL_read", "SSL_write", "BIO_new", "SSL_write_ex"), "SSL_write");
	assert_string_equal(NEAR("SSL_x", "SSL_read", "SSL_write"), "SSL_read, SSL_write");
	assert_string_equal(NEAR("tpc_v4_connect", "udp_v4_rehash", "tcp_v4_connect"), "tcp_v4_connect");
	assert_string_equal(NEAR("finish_task_switch", "finish_task_switch_x", "finish_task_switch.isra.0"),
			    "finish_task_switch.isra.0, finish_task_switch_x");
	assert_string_equal(NEAR("sys_openat", "__x64_sys_openat", "do_exit"), "__x64_sys_openat");
	assert_string_equal(NEAR("kmalloc", "mm_alloc", "sg_kmalloc", "__kmalloc_noprof"),
			    "__kmalloc_noprof, sg_kmalloc, mm_alloc");
	assert_string_equal(NEAR("VFS_READ", "vfs_read"), "vfs_read");
	assert_string_equal(NEAR("nope", "nop_fn", "zzz"), "nop_fn");
	assert_string_equal(NEAR("nothing_like_it", "vfs_read", "do_exit"), "");
	assert_string_equal(NEAR("", "a", "b"), "");
}

static void similar_keeps_five_once_and_fits(void **state)
{
	char out[12];
	lt_similar similar;

	(void)state;
	assert_string_equal(NEAR("abcd", "abcd1", "abcd2", "abcd1", "abcd3", "abcd4", "abcd5", "abcd6"),
			    "abcd1, abcd2, abcd3, abcd4, abcd5");
	lt_similar_start(&similar, "abcd");
	lt_similar_offer(&similar, "abcd1", 5);
	lt_similar_offer(&similar, "abcd2", 5);
	assert_int_equal(lt_similar_list(&similar, out, 12), 1);
	assert_string_equal(out, "abcd1");
	assert_int_equal(lt_similar_list(&similar, out, 1), 0);
	assert_string_equal(out, "");
	assert_int_equal(lt_similar_list(&similar, out, 0), 0);
}

static void similar_leaves_out_what_a_terminal_must_not_get(void **state)
{
	char longer[400];

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_string_equal(NEAR("abcd", "abcd\033[2J", "abcd\xc2\x9b", "abcd e"), "");
	assert_string_equal(NEAR("aaaa", longer), "");
	assert_string_equal(NEAR(longer, "aaaa", "b"), "");
}

/* The plain algorithm, to hold the banded one against. */
static unsigned int plain_distance(const char *a, const char *b)
{
	unsigned int table[16][16], n = (unsigned int)strlen(a), m = (unsigned int)strlen(b);

	for (unsigned int i = 0; i <= n; i++)
		for (unsigned int j = 0; j <= m; j++) {
			unsigned int least = i && j ? table[i - 1][j - 1] + (a[i - 1] != b[j - 1]) : i + j;

			if (i && table[i - 1][j] + 1 < least)
				least = table[i - 1][j] + 1;
			if (j && table[i][j - 1] + 1 < least)
				least = table[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    table[i - 2][j - 2] + 1 < least)
				least = table[i - 2][j - 2] + 1;
			table[i][j] = least;
		}
	return table[n][m];
}

static void similar_distance_is_exact(void **state)
{
	unsigned int seed = 7, compared = 0;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		char a[13], b[13];
		lt_similar similar;
		unsigned int want;

		/* Few letters, so that many pairs are near; different first ones, so that no prefix rule applies. */
		for (int i = 0; i < 12; i++) {
			a[i] = "abc"[rand_r(&seed) / 7 % 3];
			b[i] = "abc"[rand_r(&seed) / 7 % 3];
		}
		a[6 + rand_r(&seed) / 7 % 6] = b[6 + rand_r(&seed) / 7 % 6] = a[12] = b[12] = '\0';
		if (a[0] == b[0] || strstr(b, a))
			continue;
		lt_similar_start(&similar, a);
		lt_similar_offer(&similar, b, strlen(b));
		want = plain_distance(a, b);
		if (want <= similar.limit) {
			assert_int_equal(similar.count, 1);
			assert_int_equal(similar.best[0].score, 14 * want - 4);
			compared++;
		} else {
			assert_int_equal(similar.count, 0);
		}
	}
	assert_true(compared > 1000);
}

/* ---- a table made for the purpose ----------------------------------------------------------------------------- */

static lt_ksyms *table(const char *text, lt_error *err)
{
	char path[] = "/tmp/lt-ksyms-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	lt_ksyms *ksyms;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	lt_ksyms_load(path, &ksyms, err);
	unlink(path);
	return ksyms;
}

static const char kernel_text[] =
	"0000000000000000 A fixed_percpu_data\n"
	"0000000000001000 A __per_cpu_end\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T startup_64\n"
	"ffffffff81000010 T __pfx___x64_sys_openat\n"
	"ffffffff81000020 t __do_sys_openat\n"
	"ffffffff81000020 T __ia32_sys_openat\n"
	"ffffffff81000020 T __x64_sys_openat\n"
	"ffffffff81000100 T __memset\n"
	"ffffffff81000100 W memset\n"
	"ffffffff81000180 d jump_table\n"
	"ffffffff81000200 t twice\n"
	"ffffffff81000300 t finish_task_switch.isra.0\n"
	"not a line\n"
	"ffffffff81000300\n"
	"ffffffff81000300 T\n"
	"ffffffff81000400 t .Lasm\n"
	"ffffffff82000000 T _etext\n"
	"ffffffff82100000 D jiffies\n"
	"ffffffff82100000 d twice\n"
	"ffffffff82100010 B last_data\n"
	"ffffffffc0102000 t beta_two\t[beta]\n"
	"ffffffffc0101000 T beta_one\t[beta]\n"
	"ffffffffc0001000 T alpha_one\t[alpha]\n"
	"ffffffffc0001040 t twice\t[alpha]\n"
	"ffff800000000000 T low_module\t[low]\n";

static const char *at(const lt_ksyms *ksyms, uint64_t address)
{
	static char text[128];
	lt_symbol symbol;
	int ret = lt_ksyms_find(ksyms, address, &symbol);

	if (ret)
		return ret == -ENOENT ? "none" : ret == -EPERM ? "hidden" : "?";
	assert_true(symbol.address + symbol.offset == address);
	snprintf(text, sizeof(text), "%s:%s+%d", symbol.module, symbol.name, (int)symbol.offset);
	return text;
}

static void ksyms_by_address(void **state)
{
	lt_ksyms *k = table(kernel_text, NULL);

	(void)state;
	assert_non_null(k);
	assert_string_equal(at(k, 0xffffffff81000000), "kernel:startup_64+0");
	assert_string_equal(at(k, 0xffffffff81000024), "kernel:__x64_sys_openat+4");
	assert_string_equal(at(k, 0xffffffff81000100), "kernel:memset+0");
	/* data between code is no function's end */
	assert_string_equal(at(k, 0xffffffff81000190), "kernel:memset+144");
	assert_string_equal(at(k, 0xffffffff81000410), "kernel:finish_task_switch.isra.0+272");
	assert_string_equal(at(k, 0xffffffff82000000), "kernel:_etext+0");
	assert_string_equal(at(k, 0xffffffff82000001), "none");
	assert_string_equal(at(k, 0xffffffff82100004), "kernel:jiffies+4");
	assert_string_equal(at(k, 0xffffffff82100018), "kernel:last_data+8");
	assert_string_equal(at(k, 0xffffffff90000000), "none");
	assert_string_equal(at(k, 0xffffffffc0001041), "alpha:twice+1");
	assert_string_equal(at(k, 0xffffffffc0101fff), "beta:beta_one+4095");
	assert_string_equal(at(k, 0xffffffffc0102001), "beta:beta_two+1");
	assert_string_equal(at(k, 0xffffffffffffffff), "none");
	assert_string_equal(at(k, 0xffff800000000010), "low:low_module+16");
	assert_string_equal(at(k, 0), "none");
	assert_string_equal(at(k, 0x1001), "none");
	lt_ksyms_free(k);
}

static void ksyms_by_name(void **state)
{
	lt_ksyms *k = table(kernel_text, NULL);
	uint64_t address = 0;

	(void)state;
	assert_int_equal(lt_ksyms_address(k, "__pfx___x64_sys_openat", &address), 0);
	assert_true(address == 0xffffffff81000010);
	assert_int_equal(lt_ksyms_address(k, "__x64_sys_openat", &address), 0);
	assert_true(address == 0xffffffff81000020);
	/* the kernel's function, not its data, not a module's function */
	assert_int_equal(lt_ksyms_address(k, "twice", &address), 0);
	assert_true(address == 0xffffffff81000200);
	assert_int_equal(lt_ksyms_address(k, "jiffies", &address), 0);
	assert_true(address == 0xffffffff82100000);
	assert_int_equal(lt_ksyms_address(k, "beta_one", &address), 0);
	assert_true(address == 0xffffffffc0101000);
	assert_int_equal(lt_ksyms_address(k, "nope", &address), -ENOENT);
	assert_int_equal(lt_ksyms_address(k, "", &address), -ENOENT);
	lt_ksyms_free(k);
}

static int put_name(void *arg, const char *name, uint64_t address)
{
	char *names = arg;

	assert_true(address);
	strcat(strcat(names, name), " ");
	return !strcmp(name, "vfs_stop");
}

static void ksyms_by_pattern(void **state)
{
	lt_ksyms *k = table("ffffffff81000000 T _stext\n"
			    "ffffffff81000010 T __pfx_vfs_read\n"
			    "ffffffff81000020 T vfs_read\n"
			    "ffffffff81000100 T vfs_coldish\n"
			    "ffffffff81000180 t vfs_read.cold\n"
			    "ffffffff81000190 t vfs_read.cold.7\n"
			    "ffffffff810001a0 t vfs_read.colder\n"
			    "ffffffff82000000 T _etext\n"
			    "ffffffff82100000 D vfs_data\n"
			    "ffffffff83000000 T _sinittext\n"
			    "ffffffff83000010 t vfs_init\n"
			    "ffffffff83001000 T _einittext\n"
			    "ffffffffc0101000 T vfs_stop\t[beta]\n"
			    "ffffffffc0102000 t vfs_last\t[beta]\n", NULL);
	struct lt_pattern pattern;
	char names[200] = "";

	(void)state;
	assert_int_equal(lt_pattern_compile(&pattern, "vfs_*", LT_PATTERN_GLOB, "test", NULL), 0);
	assert_int_equal(lt_ksyms_match(k, &pattern, put_name, names), 1);
	assert_string_equal(names, "vfs_read vfs_coldish vfs_read.colder vfs_stop ");
	lt_pattern_free(&pattern);
	lt_ksyms_free(k);
}

static void ksyms_hidden_addresses(void **state)
{
	lt_ksyms *k = table("0000000000000000 T _stext\n0000000000000000 t vfs_read\n", NULL);
	uint64_t address;

	(void)state;
	assert_string_equal(at(k, 0xffffffff81000000), "hidden");
	assert_int_equal(lt_ksyms_address(k, "vfs_read", &address), -EPERM);
	assert_int_equal(lt_ksyms_address(k, "nope", &address), -ENOENT);
	lt_ksyms_free(k);
}

static void ksyms_odd_files(void **state)
{
	lt_error err = { 0 };
	char *text = malloc(60000);
	lt_ksyms *k;

	(void)state;
	assert_null(table("", &err));
	assert_int_equal(err.code, -ENODATA);
	assert_non_null(strstr(err.message, "it has no symbols"));
	assert_int_equal(lt_ksyms_load("/nonexistent/kallsyms", &k, &err), -ENOENT);
	assert_non_null(strstr(err.message, "kernel symbols: cannot open /nonexistent/kallsyms: no such file"));
	/* A line longer than any buffer is passed over, the ones around it count; the last lacks its newline. */
	strcpy(text, "ffffffff81000000 T before\nffffffff81000001 T ");
	memset(text + strlen(text), 'x', 50000);
	strcpy(text + 44 + 50000, "\nffffffff81000002 T after\nffffffff81000003 T cut");
	k = table(text, NULL);
	free(text);
	assert_non_null(k);
	assert_int_equal(k->count, 2);
	assert_string_equal(at(k, 0xffffffff81000001), "kernel:before+1");
	assert_string_equal(at(k, 0xffffffff81000002), "kernel:after+0");
	lt_ksyms_free(k);
}

/* ---- this kernel's -------------------------------------------------------------------------------------------- */

static void kernel_symbol_both_ways(void **state)
{
	const char *const names[] = { "vfs_read", "schedule", "do_exit" };
	lt_error err = { 0 };
	lt_symbol symbol;
	uint64_t address;

	(void)state;
	if (lt_ksym_address("vfs_read", &address, &err) == -EPERM) {
		print_message("# skipped: %s\n", err.message);
		assert_int_equal(lt_ksym(0xffffffff81000000, &symbol, &err), -EPERM);
		assert_non_null(strstr(err.message, "hidden"));
		skip();
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lt_ksym_address(names[i], &address, &err), 0);
		assert_int_equal(lt_ksym(address + 3, &symbol, &err), 0);
		assert_string_equal(symbol.name, names[i]);
		assert_string_equal(symbol.module, "kernel");
		assert_true(symbol.address == address);
		assert_int_equal(symbol.offset, 3);
	}
	assert_int_equal(lt_ksym(0x1000, &symbol, &err), -ENOENT);
	assert_string_equal(err.message, "kernel address 0x1000: no symbol covers it");
	assert_int_equal(lt_ksym_address("vfs_raed", &address, &err), -ENOENT);
	assert_non_null(strstr(err.message, "kernel symbol 'vfs_raed': no such symbol; similar: vfs_read"));
	assert_int_equal(lt_ksym_address("qqqqqqqqqqqqqqqqqq", &address, &err), -ENOENT);
	assert_string_equal(err.message, "kernel symbol 'qqqqqqqqqqqqqqqqqq': no such symbol");
	assert_int_equal(lt_ksym_address("qq", &address, NULL), -ENOENT);
}

static void kernel_similar(void **state)
{
	char out[256];

	(void)state;
	if (access("/proc/kallsyms", R_OK)) {
		print_message("# skipped: /proc/kallsyms cannot be read\n");
		skip();
	}
	assert_true(lt_ksym_similar("vfs_raed", out, sizeof(out)) >= 1);
	assert_int_equal(strncmp(out, "vfs_read", 8), 0);
	assert_null(strstr(out, "__pfx_"));
	assert_int_equal(lt_ksym_similar("qqqqqqqqqqqqqqqqqq", out, sizeof(out)), 0);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(similar_orders_by_likelihood),
		cmocka_unit_test(similar_keeps_five_once_and_fits),
		cmocka_unit_test(similar_leaves_out_what_a_terminal_must_not_get),
		cmocka_unit_test(similar_distance_is_exact),
		cmocka_unit_test(ksyms_by_address),
		cmocka_unit_test(ksyms_by_name),
		cmocka_unit_test(ksyms_by_pattern),
		cmocka_unit_test(ksyms_hidden_addresses),
		cmocka_unit_test(ksyms_odd_files),
		cmocka_unit_test(kernel_symbol_both_ways),
		cmocka_unit_test(kernel_similar),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
