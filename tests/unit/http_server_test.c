/* SPDX-License-Identifier: MIT
 *
 * host/http/: what is no request, and peers that are slow, gone, or many. The clock is ours.
 */
#include "luatrace.h"
#include "http/request.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define SECOND_NS 1000000000ull

static uint64_t now = SECOND_NS;
uint64_t __wrap_lt_now(void);
uint64_t __wrap_lt_now(void)
{
	return now;
}

static lt_http *http;
static char *text;	/* what is served */
static size_t text_size;
static int served;	/* how often it was made */

static int open_server(void **state)
{
	(void)state;
	served = 0;
	text = strdup("figures\n");
	text_size = strlen(text);
	return lt_http_open("127.0.0.1:0", &http, NULL);
}

static int close_server(void **state)
{
	(void)state;
	lt_http_close(http);
	free(text);
	return 0;
}

/* A round of the loop. */
static void go_on(void)
{
	if (lt_http_serve(http) == 1) {
		served++;
		assert_int_equal(lt_http_answer(http, text, text_size), 0);
	}
}

static int connect_to_it(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_port = htons((uint16_t)atoi(strrchr(lt_http_address(http), ':') + 1));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void say(int fd, const char *bytes)
{
	assert_int_equal(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), strlen(bytes));
}

/* Everything until the end, which must come while we go on; `room` bytes of it. Returns how many there were, -1: the
 * connection was reset. */
static ssize_t read_all(int fd, char *out, size_t room)
{
	ssize_t total = 0;

	for (int rounds = 0; rounds < 100000; rounds++) {
		char bytes[65536];
		ssize_t size = recv(fd, bytes, sizeof(bytes), 0);

		if (size < 0 && errno == EAGAIN) {
			go_on();
			continue;
		}
		if (size <= 0) {
			out[(size_t)total < room ? (size_t)total : room - 1] = '\0';
			close(fd);
			return size < 0 ? -1 : total;
		}
		for (ssize_t i = 0; i < size && (size_t)(total + i) < room; i++)
			out[total + i] = bytes[i];
		total += size;
	}
	fail_msg("the connection does not end");
	return -1;
}

static char answer[65536];

/* The status that a request gets; 0: the connection ends without one. */
static int ask(const char *request)
{
	int fd = connect_to_it(), status = 0;

	say(fd, request);
	if (read_all(fd, answer, sizeof(answer)) > 0)
		assert_int_equal(sscanf(answer, "HTTP/1.1 %d ", &status), 1);
	return status;
}

static void gives_the_text(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_non_null(strstr(answer, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Length: 8\r\n"));
	assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\nfigures\n");
	assert_int_equal(ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_non_null(strstr(answer, "\r\nContent-Length: 8\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
	assert_int_equal(served, 2);
	assert_int_equal(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_non_null(strstr(answer, "<a href=\"/metrics\">"));
	assert_int_equal(served, 2);
}

static void says_what_it_has_not(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /metricsx HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
	assert_int_equal(ask("GET /metrics/ HTTP/1.0\r\n\r\n"), 404);
	assert_int_equal(ask("GET /<script>alert(1)</script> HTTP/1.0\r\nX-A: <script>\r\n\r\n"), 404);
	assert_null(strstr(answer, "script"));
	assert_int_equal(ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na\001b"), 405);
	assert_non_null(strstr(answer, "\r\nAllow: GET, HEAD\r\n"));
	assert_int_equal(ask("get /metrics HTTP/1.0\r\n\r\n"), 405);
	assert_int_equal(served, 0);
}

static const struct {
	const char *request;
	int status;
} requests[] = {
	{ "GET /metrics HTTP/1.0\n\n", 200 },
	{ "GET /metrics HTTP/1.0\r\nAccept:\t*/*\r\nX:\r\n\r\n", 200 },
	{ "GET /metrics?a=b&c HTTP/1.1\r\nhost: \r\n\r\n", 200 },
	{ "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n", 200 },
	{ "GET /metrics HTTP/1.1\r\n\r\n", 400 },
	{ "GET /metrics HTTP/1.1\r\nHost: x\r\nHOST: y\r\n\r\n", 400 },
	{ "GET /metrics HTTP/2.0\r\n", 400 },
	{ "GET /metrics HTTP/1.1 \r\n", 400 },
	{ "GET  /metrics HTTP/1.1\r\n", 400 },
	{ "GET /metrics\r\n", 400 },
	{ "GET metrics HTTP/1.0\r\n", 400 },
	{ "GET http://x/metrics HTTP/1.0\r\n", 400 },
	{ "G\"T /metrics HTTP/1.0\r\n", 400 },
	{ "\r\n", 400 },
	{ "GET /metrics HTTP/1.0\r\nno colon\r\n", 400 },
	{ "GET /metrics HTTP/1.0\r\nA: b\r\n c\r\n", 400 },
	{ "GET /metrics HTTP/1.0\r\nA : b\r\n", 400 },
	{ "GET /metrics HTTP/1.0\r\n: b\r\n", 400 },
	{ "GET /metr\rics", 400 },
	{ "GET /\033[31m", 400 },
	{ "\026\003\001\002", 400 },
};

static void takes_nothing_odd(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct lt_http_request out;

		assert_true(lt_http_request_parse(requests[i].request, strlen(requests[i].request), &out));
		assert_int_equal(out.status, requests[i].status);
		assert_int_equal(ask(requests[i].request), requests[i].status);
	}
}

static void takes_it_in_pieces(void **state)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
	int fd = connect_to_it();

	(void)state;
	for (size_t i = 0; request[i]; i++) {
		assert_int_equal(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
		go_on();
	}
	assert_true(read_all(fd, answer, sizeof(answer)) > 0);
	assert_non_null(strstr(answer, "figures"));
}

static void takes_only_so_much(void **state)
{
	char large[LT_HTTP_MOST_REQUEST + 65536] = "GET /metrics HTTP/1.0\r\nA: ";
	size_t start = strlen(large);

	(void)state;
	memset(large + start, 'a', sizeof(large) - start - 1);
	assert_int_equal(ask(large), 400);
	/* the most, and one more */
	strcpy(large + LT_HTTP_MOST_REQUEST - 4, "\r\n\r\n");
	assert_int_equal(ask(large), 200);
	memset(large + start, 'a', sizeof(large) - start - 1);
	strcpy(large + LT_HTTP_MOST_REQUEST - 3, "\r\n\r\n");
	assert_int_equal(ask(large), 400);
}

/* Whether its end has come. */
static bool has_ended(int fd)
{
	char byte;

	go_on();
	return recv(fd, &byte, 1, 0) >= 0 || errno != EAGAIN;
}

static void waits_not_for_ever(void **state)
{
	int half = connect_to_it(), silent = connect_to_it(), gone = connect_to_it();

	(void)state;
	say(half, "GET /metr");
	say(gone, "GET /metrics HTTP/1.0\r\n\r\n");
	close(gone);
	go_on();
	go_on();
	assert_in_range(lt_http_wait_ms(http), 1, 5000);
	now += 4 * SECOND_NS;
	say(half, "i");
	assert_false(has_ended(half));
	assert_false(has_ended(silent));
	assert_in_range(lt_http_wait_ms(http), 1, 1000);
	now += SECOND_NS;
	assert_true(has_ended(half));
	assert_true(has_ended(silent));
	close(half);
	close(silent);
	assert_int_equal(lt_http_wait_ms(http), -1);
}

static void make_large(void)
{
	text_size = 16 << 20;
	text = realloc(text, text_size);
	memset(text, 'x', text_size);
}

static void slow_readers_wait_alone(void **state)
{
	int slow = connect_to_it(), stuck = connect_to_it();
	ssize_t size;

	(void)state;
	make_large();
	say(slow, "GET /metrics HTTP/1.0\r\n\r\n");
	say(stuck, "GET /metrics HTTP/1.0\r\n\r\n");
	for (int i = 0; i < 100; i++)
		go_on();
	assert_int_equal(ask("GET / HTTP/1.0\r\n\r\n"), 200);
	/* what takes none is dropped, with what it has not read; the kernel may take a little more for it, late */
	for (int turn = 0; turn < 3; turn++) {
		now += 4 * SECOND_NS;
		assert_true(recv(slow, answer, sizeof(answer), MSG_WAITALL) > 0);
		for (int i = 0; i < 100; i++)
			go_on();
	}
	size = read_all(stuck, answer, sizeof(answer));
	assert_true(size < (ssize_t)text_size);
	/* and what takes some at the latest after 30 s */
	for (int i = 0; i < 20; i++) {
		now += 2 * SECOND_NS;
		if (recv(slow, answer, sizeof(answer), 0) > 0)
			go_on();
	}
	go_on();
	assert_int_equal(lt_http_wait_ms(http), -1);
	close(slow);
}

static void large_texts_are_whole(void **state)
{
	int fd = connect_to_it();

	(void)state;
	make_large();
	say(fd, "GET /metrics HTTP/1.0\r\n\r\n");
	assert_true(read_all(fd, answer, sizeof(answer)) > (ssize_t)text_size);
}

static void many_take_turns(void **state)
{
	int idle[60], fd;

	(void)state;
	for (int i = 0; i < 60; i++)
		idle[i] = connect_to_it();
	go_on();
	fd = connect_to_it();
	say(fd, "GET /metrics HTTP/1.0\r\n\r\n");
	go_on();
	assert_in_range(lt_http_wait_ms(http), 1, 500);
	/* 16 at a time */
	for (int i = 0; i < 3; i++) {
		char byte;

		go_on();
		assert_true(recv(fd, &byte, 1, 0) < 0 && errno == EAGAIN);
		now += SECOND_NS / 2;
		go_on();
		go_on();
	}
	assert_true(read_all(fd, answer, sizeof(answer)) > 0);
	assert_non_null(strstr(answer, "figures"));
	for (int i = 0; i < 60; i++)
		close(idle[i]);
	assert_int_equal(ask("GET /metrics HTTP/1.0\r\n\r\n"), 200);
}

static void asking_together_is_asking_once(void **state)
{
	int fds[16];

	(void)state;
	for (int i = 0; i < 16; i++) {
		fds[i] = connect_to_it();
		say(fds[i], "GET /metrics HTTP/1.0\r\n\r\n");
	}
	go_on();
	go_on();
	assert_int_equal(served, 1);
	for (int i = 0; i < 16; i++)
		assert_true(read_all(fds[i], answer, sizeof(answer)) > 0);
	assert_int_equal(served, 1);
}

/* Those that end with their answer make room when nothing else is to come. */
static void goes_on_after_all_have_ended(void **state)
{
	int fds[16];

	(void)state;
	for (int i = 0; i < 16; i++) {
		fds[i] = connect_to_it();
		say(fds[i], "GET /metrics HTTP/1.0\r\n\r\n");
		shutdown(fds[i], SHUT_WR);
	}
	go_on();
	go_on();
	assert_int_equal(served, 1);
	assert_int_equal(lt_http_wait_ms(http), 0);
	go_on();
	assert_int_equal(lt_http_wait_ms(http), -1);
	for (int i = 0; i < 16; i++)
		assert_true(read_all(fds[i], answer, sizeof(answer)) > 0);
}

static const struct {
	const char *address;
	int code;
	const char *message;
} addresses[] = {
	{ "", -EINVAL, "'': not an address to listen at, which is IP:PORT, [IPV6]:PORT, or :PORT for the loopback address" },
	{ ":", -EINVAL, "':': not an address" }, { ":65536", -EINVAL, "not an address" },
	{ ":-1", -EINVAL, "not an address" }, { ":1x", -EINVAL, "not an address" },
	{ "80:80", -EINVAL, "not an address" }, { "127.1:80", -EINVAL, "not an address" },
	{ "[localhost]:1", -EINVAL, "not an address" },
	{ "x:1", -EINVAL, "not an address" },
	{ "::1:80", -EINVAL, "not an address" }, { "[127.0.0.1]:1", -EINVAL, "not an address" },
	{ "[::1]", -EINVAL, "not an address" }, { "[]:1", -EINVAL, "not an address" }, { "1.2.3:1:2", -EINVAL, "not an" },
	{ "192.0.2.1:80", -EADDRNOTAVAIL, "192.0.2.1:80: this machine has no such address" },
};

static void listens_where_it_is_told(void **state)
{
	lt_error err = { 0 };
	lt_http *other;

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		assert_int_equal(lt_http_open(addresses[i].address, &other, &err), addresses[i].code);
		assert_null(other);
		assert_non_null(strstr(err.message, addresses[i].message));
	}
	assert_int_equal(lt_http_open(lt_http_address(http), &other, &err), -EADDRINUSE);
	assert_non_null(strstr(err.message, ": the port is in use"));
	assert_int_equal(lt_http_open("0", &other, &err), 0);
	assert_non_null(strstr(lt_http_address(other), "127.0.0.1:"));
	lt_http_close(other);
	assert_int_equal(lt_http_open("localhost:0", &other, &err), 0);
	lt_http_close(other);
	if (!lt_http_open("[::1]:0", &other, &err)) {
		assert_non_null(strstr(lt_http_address(other), "[::1]:"));
		lt_http_close(other);
	}
	lt_http_close(NULL);
	lt_error_clear(&err);
}

static int descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void leaves_nothing(void **state)
{
	int before = descriptors(), fds[20];

	assert_int_equal(open_server(state), 0);
	for (int i = 0; i < 20; i++)
		fds[i] = connect_to_it();
	say(fds[0], "GET /metrics HTTP/1.0\r\n\r\n");
	say(fds[1], "GET /met");
	go_on();
	close_server(state);
	for (int i = 0; i < 20; i++)
		close(fds[i]);
	assert_int_equal(descriptors(), before);
}

int main(void)
{
#define WITH_SERVER(function) cmocka_unit_test_setup_teardown(function, open_server, close_server)
	const struct CMUnitTest tests[] = {
		WITH_SERVER(gives_the_text),
		WITH_SERVER(says_what_it_has_not),
		WITH_SERVER(takes_nothing_odd),
		WITH_SERVER(takes_it_in_pieces),
		WITH_SERVER(takes_only_so_much),
		WITH_SERVER(waits_not_for_ever),
		WITH_SERVER(slow_readers_wait_alone),
		WITH_SERVER(large_texts_are_whole),
		WITH_SERVER(many_take_turns),
		WITH_SERVER(asking_together_is_asking_once),
		WITH_SERVER(goes_on_after_all_have_ended),
		WITH_SERVER(listens_where_it_is_told),
		cmocka_unit_test(leaves_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
