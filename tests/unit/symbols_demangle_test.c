/* SPDX-License-Identifier: MIT
 *
 * C++ and Rust names as they were written; what is none stays, and what is made to hurt ends soon.
 */
#include "../../host/luatrace.h"
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static char shown[4096];

static const char *demangled(const char *name)
{
	uint32_t length = lt_demangle(name, shown, sizeof(shown));

	assert_int_equal(length, strlen(shown));
	return shown;
}

struct pair { const char *name, *shown; };

static void check(const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(demangled(pairs[i].name), pairs[i].shown);
}
#define CHECK(pairs) check(pairs, sizeof(pairs) / sizeof((pairs)[0]))

static void cxx(void **state)
{
	static const struct pair pairs[] = {
		{ "_ZN3foo3barEi", "foo::bar(int)" },
		{ "_ZNKSt6vectorIiSaIiEE4sizeEv", "std::vector<int, std::allocator<int> >::size() const" },
		{ "_Z3runv.cold", "run() [clone .cold]" },
	};
	void *library = dlopen("libstdc++.so.6", RTLD_NOW);

	(void)state;
	if (!library) {
		print_message("# skipped: no libstdc++.so.6\n");
		skip();
	}
	dlclose(library);
	CHECK(pairs);
}

static void rust_legacy(void **state)
{
	static const struct pair pairs[] = {
		{ "_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", "core::fmt::Write::write_fmt" },
		{ "_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE.llvm.123", "core::fmt::Write::write_fmt" },
		{ "_ZN50_$LT$$RF$T$u20$as$u20$core..fmt..Debug$C$$u7e$$GT$3fmt17h0123456789abcdefE",
		  "<&T as core::fmt::Debug,~>::fmt" },
		{ "_ZN7$u1b$[m3fmt17h0123456789abcdefE", "$u1b$[m::fmt" },
	};

	(void)state;
	CHECK(pairs);
}

static void rust_v0(void **state)
{
	static const struct pair pairs[] = {
		{ "_RNvCs6GmmlP4bgsG_1r4main", "r::main" },
		{ "_RINvCs6GmmlP4bgsG_1r3genFG0_RL1_eQL0_hEzEB2_",
		  "r::gen::<for<'a, 'b> fn(&'a str, &'b mut u8) -> !>" },
		{ "_RINvCs6GmmlP4bgsG_1r3genFKCaEuEB2_", "r::gen::<extern \"C\" fn(i8)>" },
		{ "_RINvCs6GmmlP4bgsG_1r3genThReAlj4_EEB2_", "r::gen::<(u8, &str, [i32; 4])>" },
		{ "_RINvCs6GmmlP4bgsG_1r3negKln5_EB2_", "r::neg::<-5>" },
		{ "_RNvMCs6GmmlP4bgsG_1rINtB2_1AKj3_Kb1_Kc7a_E4showB2_", "<r::A<3, true, 'z'>>::show" },
		{ "_RNCNvCs6GmmlP4bgsG_1r4main0B3_", "r::main::{closure#0}" },
		{ "_RNCNvCs6GmmlP4bgsG_1r4mains_0B3_.cold", "r::main::{closure#1}.cold" },
		{ "_RNvXCs6GmmlP4bgsG_1rINtB2_1ShENtB2_2Tr2go", "<r::S<u8> as r::Tr>::go" },
		{ "_RINvC1a1bDNtC1c1dp4ItemThuENtC1c4SendEL_E", "a::b::<dyn c::d<Item = (u8, ())> + c::Send>" },
		{ "_RINvC1a1bPhOTlEE", "a::b::<*const u8, *mut (i32,)>" },
		{ "_RNvC1au8gdel_5qa", "a::punycode{gdel_5qa}" },
		{ "_RINvC1a1bKo123456789abcdef01_E", "a::b::<0x123456789abcdef01>" },
	};

	(void)state;
	CHECK(pairs);
}

static void no_mangled_names(void **state)
{
	static const char *const names[] = {
		"", "_", "_Z", "_R", "main", "_start", "_Rx", "_R1NvC1a1b", "_RNvC1a", "_RNvC9a1b", "_RNvB_1b", "_RNvC1a1bx",
		"_ZN3foo17h0123456789abcdefE_", "_ZN", "_RINvC1a1bL1_E", "_RINvC1a1bKb2_E", "_RNvCszzzzzzzzzzzzzzzz_1a1b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (*demangled(names[i]) && strncmp(names[i], "_Z", 2) != 0)
			fail_msg("'%s' became '%s'", names[i], shown);
}

/* Each level has the one below twice: 2^60 of the innermost. */
static void names_made_to_hurt(void **state)
{
	char name[2000] = "_Z1f1aI1bE", small[8];
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	(void)state;
	for (int i = 1; i < 30; i++)
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "S_IS%c_S%c_E", digits[i], digits[i]);
	assert_string_equal(demangled(name), "");
	/* The same in Rust: what is written is bounded. */
	strcpy(name, "_RINvC1a1b");
	for (int i = 0; i < 30; i++)
		strcat(name, "T");
	for (int i = 0; i < 30; i++)
		strcat(name, "hB9_E");
	assert_string_equal(demangled(name), "");
	memset(name, 'S', sizeof(name) - 1);
	memcpy(name, "_RINvC1a1b", 10);
	assert_string_equal(demangled(name), "");
	name[1000] = '\0';
	assert_string_equal(demangled(name), "");
	/* What does not fit is no name. */
	assert_int_equal(lt_demangle("_RNvC1a4main", small, sizeof(small)), 7);
	assert_int_equal(lt_demangle("_RNvC2ab4main", small, sizeof(small)), 0);
	assert_string_equal(small, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cxx),
		cmocka_unit_test(rust_legacy),
		cmocka_unit_test(rust_v0),
		cmocka_unit_test(no_mangled_names),
		cmocka_unit_test(names_made_to_hurt),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
