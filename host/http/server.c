/* SPDX-License-Identifier: MIT
 *
 * The server: its listening socket and its connections, behind an epoll descriptor of its own, which lt_wait() waits
 * for. An ordinary round of the loop costs one system call here.
 */
#include "address.h"
#include "connection.h"
#include "../error.h"
#include "../trace/wait.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 16, BACKLOG = 64 };
/* While there is no descriptor or no memory for a connection, one that waits would end every wait. */
#define ACCEPT_AGAIN_NS 100000000ull

struct lt_http {
	int listener, epoll;
	bool watched;		/* by lt_wait() */
	bool accepting;		/* the listener is among what is waited for */
	uint64_t accept_again;	/* when it shall be again, though there is room; ns of lt_now() */
	char address[LT_HTTP_ADDRESS_SIZE];
	struct lt_http_connection connections[MOST_CONNECTIONS];
};

static int listen_at(lt_http *http, const struct sockaddr_storage *address, socklen_t size)
{
	const int on = 1;

	http->listener = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (http->listener < 0)
		return -errno;
	/* connections of a run that just ended linger on */
	setsockopt(http->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(http->listener, (const struct sockaddr *)address, size) || listen(http->listener, BACKLOG))
		return -errno;
	return 0;
}

static int watch(lt_http *http, int fd, int operation, uint32_t events, void *what)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	return epoll_ctl(http->epoll, operation, fd, &event) ? -errno : 0;
}

static int begin_waiting(lt_http *http)
{
	int code;

	http->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (http->epoll < 0)
		return -errno;
	code = watch(http, http->listener, EPOLL_CTL_ADD, EPOLLIN, NULL);
	if (!code)
		code = lt_wait_add_fd(http->epoll, EPOLLIN);
	http->watched = http->accepting = !code;
	return code;
}

static const char *reason(int code)
{
	return code == -EADDRINUSE ? "the port is in use" :
	       code == -EACCES || code == -EPERM ? "not permitted: ports below 1024 are for root" :
	       code == -EADDRNOTAVAIL ? "this machine has no such address" : strerror(-code);
}

int lt_http_open(const char *text, lt_http **out, lt_error *err)
{
	struct sockaddr_storage address;
	lt_http *http = calloc(1, sizeof(*http));
	socklen_t size;
	int code;

	*out = NULL;
	if (!http)
		return lt_fail(err, -ENOMEM, "'%s': out of memory", text);
	http->listener = http->epoll = -1;
	code = lt_http_address_parse(text, &address, &size, err);
	if (code)
		goto out;
	lt_http_address_text(&address, http->address);
	code = listen_at(http, &address, size);
	if (!code)
		code = begin_waiting(http);
	if (code) {
		lt_fail(err, code, "%s: %s", http->address, reason(code));
		goto out;
	}
	size = sizeof(address);
	getsockname(http->listener, (struct sockaddr *)&address, &size);
	lt_http_address_text(&address, http->address);
	*out = http;
out:
	if (code)
		lt_http_close(http);
	return code;
}

void lt_http_close(lt_http *http)
{
	if (!http)
		return;
	for (size_t i = 0; i < MOST_CONNECTIONS; i++)
		lt_http_connection_close(&http->connections[i]);
	if (http->watched)
		lt_wait_remove_fd(http->epoll);
	if (http->epoll >= 0)
		close(http->epoll);
	if (http->listener >= 0)
		close(http->listener);
	free(http);
}

const char *lt_http_address(const lt_http *http)
{
	return http->address;
}

static struct lt_http_connection *unused(lt_http *http)
{
	for (size_t i = 0; i < MOST_CONNECTIONS; i++)
		if (http->connections[i].state == LT_HTTP_CLOSED)
			return &http->connections[i];
	return NULL;
}

/* What a connection that goes on waits for. */
static void wait_on(lt_http *http, struct lt_http_connection *connection, int operation)
{
	uint32_t events = connection->state == LT_HTTP_WRITING ? EPOLLOUT :
			  connection->state == LT_HTTP_ASKING ? 0 : EPOLLIN;

	if (connection->state != LT_HTTP_CLOSED && watch(http, connection->fd, operation, events, connection))
		lt_http_connection_close(connection);
}

static void accept_all(lt_http *http)
{
	struct lt_http_connection *connection;

	while ((connection = unused(http))) {
		int fd = accept4(http->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			lt_http_connection_begin(connection, fd);
			wait_on(http, connection, EPOLL_CTL_ADD);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			http->accept_again = lt_now() + ACCEPT_AGAIN_NS;
			return;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			return;
		}
	}
}

/* The listener is waited for when a connection could be taken. */
static void set_accepting(lt_http *http, uint64_t now)
{
	bool accepting = now >= http->accept_again && unused(http);

	if (accepting != http->accepting && !watch(http, http->listener, EPOLL_CTL_MOD, accepting ? EPOLLIN : 0, NULL))
		http->accepting = accepting;
}

/* When the next connection is to be dropped, or accepting begins again; UINT64_MAX: nothing of that is to come. Since
 * accepting was set, an answer may have made room, or the time to accept again have come. */
static uint64_t next_deadline(const lt_http *http)
{
	uint64_t first = UINT64_MAX;
	bool room = false;

	for (size_t i = 0; i < MOST_CONNECTIONS; i++) {
		uint64_t deadline = lt_http_connection_deadline(&http->connections[i], !http->accepting);

		room |= http->connections[i].state == LT_HTTP_CLOSED;
		if (deadline && deadline < first)
			first = deadline;
	}
	return room && !http->accepting && http->accept_again < first ? http->accept_again : first;
}

static void drop_late(lt_http *http, uint64_t now)
{
	for (size_t i = 0; i < MOST_CONNECTIONS; i++) {
		uint64_t deadline = lt_http_connection_deadline(&http->connections[i], !http->accepting);

		if (deadline && now >= deadline)
			lt_http_connection_close(&http->connections[i]);
	}
}

int lt_http_serve(lt_http *http)
{
	struct epoll_event events[MOST_CONNECTIONS + 1];
	int count = epoll_wait(http->epoll, events, MOST_CONNECTIONS + 1, 0);
	uint64_t now = lt_now();
	int asking = 0;

	for (int i = 0; i < count; i++) {
		struct lt_http_connection *connection = events[i].data.ptr;

		if (!connection)
			continue;
		if (connection->state == LT_HTTP_ASKING)	/* the peer is gone */
			lt_http_connection_close(connection);
		lt_http_connection_go_on(connection);
		wait_on(http, connection, EPOLL_CTL_MOD);
	}
	drop_late(http, now);
	/* after the others, whose events must not be taken for those of new ones in their place */
	for (int i = 0; i < count; i++)
		if (!events[i].data.ptr)
			accept_all(http);
	set_accepting(http, now);
	for (size_t i = 0; i < MOST_CONNECTIONS; i++)
		asking |= http->connections[i].state == LT_HTTP_ASKING;
	return asking;
}

int lt_http_answer(lt_http *http, const void *text, uint64_t size)
{
	int code = 0;

	for (size_t i = 0; i < MOST_CONNECTIONS; i++) {
		struct lt_http_connection *connection = &http->connections[i];

		if (connection->state != LT_HTTP_ASKING)
			continue;
		if (lt_http_connection_give(connection, text, size))
			code = -ENOMEM;
		lt_http_connection_go_on(connection);
		wait_on(http, connection, EPOLL_CTL_MOD);
	}
	return code;
}

int32_t lt_http_wait_ms(const lt_http *http)
{
	uint64_t now = lt_now(), first = next_deadline(http);

	if (first == UINT64_MAX)
		return -1;
	return first <= now ? 0 : (int32_t)((first - now + 999999) / 1000000);
}
