/* SPDX-License-Identifier: MIT
 *
 * Machine code as text, at its addresses; what is none, and calls that do not fit the code.
 */
#include "../../host/cc/disassemble.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__x86_64__)
static const uint8_t code[] = {
	0x55, 0x48, 0x89, 0xe5, 0xe8, 0x10, 0x00, 0x00, 0x00, 0xc3,	/* push; mov; call; ret */
	0x06, 0x74, 0xfd, 0x48, 0xb8,				/* none; je; the beginning of a movabs */
};
static char *functions[] = { "ffffffffc0000000:a", "1000:5" };
static const char text[] =
	"ffffffffc0000000 1 pushq %rbp\n"
	"ffffffffc0000001 3 movq %rsp, %rbp\n"
	"ffffffffc0000004 5 callq 0xffffffffc0000019\n"
	"ffffffffc0000009 1 retq\n"
	"1000 1 .byte 0x06\n"
	"1001 2 je 0x1000\n"
	"1003 1 .byte 0x48\n"
	"1004 1 .byte 0xb8\n";
#else
static const uint8_t code[] = {
	0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91, 0xc0, 0x03, 0x5f, 0xd6,	/* stp; mov; ret */
	0x00, 0x00, 0x00,							/* the beginning of one */
};
static char *functions[] = { "ffffffffc0000000:c", "1000:3" };
static const char text[] =
	"ffffffffc0000000 4 stp x29, x30, [sp, #-0x10]!\n"
	"ffffffffc0000004 4 mov x29, sp\n"
	"ffffffffc0000008 4 ret\n"
	"1000 1 .byte 0x00\n"
	"1001 1 .byte 0x00\n"
	"1002 1 .byte 0x00\n";
#endif

static void test_code(void **state)
{
	struct text out = { 0 };

	(void)state;
	disassemble(functions, 2, code, sizeof(code), &out);
	assert_string_equal(out.data, text);
	text_free(&out);
}

/* It ends its process. */
static int status_of(char *function)
{
	struct text out = { 0 };
	int status;
	pid_t child = fork();

	if (!child) {
		close(STDERR_FILENO);
		disassemble(&function, 1, code, sizeof(code), &out);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(status_of("1000:f"), 0);
	assert_int_equal(status_of("1000:10"), 1);
	assert_int_equal(status_of("1000"), 1);
	assert_int_equal(status_of("x"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
