/* SPDX-License-Identifier: MIT
 *
 * What luatrace answers to its compiler, which may have been taken over by the text that it compiles.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* cmocka.h needs those before it. */
#include <cmocka.h>
#include "../../host/compile_protocol.h"
#include "../../host/trace/compile_answer.h"

static const char *const cflags[] = { "-Ihost" };
static const lt_compile_opts opts = { .cflags = cflags, .cflag_count = 1 };
static struct compile_cache not_kept;

/* The answer to `question`; its descriptor is closed. */
static struct lt_cc_answer ask(const char *question)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct lt_cc_answer answer = { .code = 1 };
	struct iovec part = { &answer, sizeof(answer) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };
	int ends[2], fd;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_true(send(ends[0], question, strlen(question), 0) > 0);
	assert_true(lt_compile_answer(ends[1], &opts, &not_kept));
	assert_int_equal(recvmsg(ends[0], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC), sizeof(answer));
	if (message.msg_controllen) {
		memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
		close(fd);
	}
	assert_int_equal(message.msg_controllen != 0, answer.code == 0);
	close(ends[0]);
	close(ends[1]);
	return answer;
}

static void test_files_below_include_directories(void **state)
{
	static const char *const refused[] = {
		"include 0 ../Makefile", "include 0 /etc/passwd", "include 0 trace", "include 1 trace/probe.h",
		"include 4294967295 trace/probe.h", "include 0 ", "include 0 trace/../../Makefile",
	};

	(void)state;
	assert_int_equal(ask("include 0 trace/probe.h").code, 0);
	assert_int_equal(ask("include 0 trace/../error.h").code, 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		assert_true(ask(refused[i]).code < 0);
}

static void test_names_have_no_paths(void **state)
{
	static const char *const refused[] = {
		"btf ../../../etc/passwd", "btf .", "btf ", "btf no_such_module", "tracepoint .. ..",
		"tracepoint sched ../../trace", "tracepoint sched", "config x", "modules x", "passwd", " ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		assert_true(ask(refused[i]).code < 0);
	assert_non_null(strstr(ask("passwd").reason, "does not know the question 'passwd'"));
}

/* Questions without end, answers never read: it must come back each time, and stop in the end. */
static void test_asking_without_reading(void **state)
{
	int ends[2], answered = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	alarm(20);
	do {
		assert_true(send(ends[0], "btf x", 5, 0) > 0);
	} while (lt_compile_answer(ends[1], &opts, &not_kept) && ++answered < 100000);
	alarm(0);
	assert_in_range(answered, 1, 99999);
	close(ends[0]);
	close(ends[1]);
}

/* What is remembered of them has an end before memory has. */
static void test_remembering(void **state)
{
	struct compile_cache cache = { .opts = &opts, .on = true };
	int ends[2], answered = 0;
	char answer[sizeof(struct lt_cc_answer)];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	while (cache.on && ++answered < 1000000) {
		assert_true(send(ends[0], "btf no_such_module", 18, 0) > 0);
		assert_true(lt_compile_answer(ends[1], &opts, &cache));
		assert_int_equal(recv(ends[0], answer, sizeof(answer), MSG_DONTWAIT), sizeof(answer));
	}
	assert_in_range(answered, 1000, 999999);
	assert_true(cache.answers.room < 64 << 20);
	lt_compile_cache_end(&cache);
	close(ends[0]);
	close(ends[1]);
}

/* A question as long as a packet may be, and longer ones, which are cut off. */
static void test_long_questions(void **state)
{
	char question[2000];

	(void)state;
	memset(question, 'a', sizeof(question) - 1);
	question[sizeof(question) - 1] = '\0';
	assert_int_equal(ask(question).code, -EINVAL);
	memcpy(question, "include 0 ", 10);
	assert_true(ask(question).code < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_below_include_directories),
		cmocka_unit_test(test_names_have_no_paths),
		cmocka_unit_test(test_asking_without_reading),
		cmocka_unit_test(test_remembering),
		cmocka_unit_test(test_long_questions),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
