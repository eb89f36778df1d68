/* SPDX-License-Identifier: MIT
 *
 * One connection: a request, an answer, and the end. Each step does a bounded amount of work, so that a peer which is
 * fast delays a trace as little as one that is slow.
 */
#include "connection.h"
#include "luatrace.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull
#define REQUEST_NS (5 * SECOND_NS)
#define HURRIED_REQUEST_NS (SECOND_NS / 2)
#define IDLE_NS (5 * SECOND_NS)
#define ANSWER_NS (30 * SECOND_NS)
#define DRAIN_NS SECOND_NS
enum { WRITE_AT_ONCE = 256 << 10, READ_AT_ONCE = 64 << 10 };

static const char *const index_page =
	"<!DOCTYPE html>\n<html><head><title>luatrace</title></head><body><a href=\"/metrics\">Metrics</a></body></html>\n";

static void set_state(struct lt_http_connection *connection, enum lt_http_state state, uint64_t ns)
{
	uint64_t now = lt_now();

	connection->state = state;
	connection->end = now + ns;
	connection->idle_end = now + (ns < IDLE_NS ? ns : IDLE_NS);
}

void lt_http_connection_begin(struct lt_http_connection *connection, int fd)
{
	memset(connection, 0, sizeof(*connection));
	connection->fd = fd;
	set_state(connection, LT_HTTP_READING, REQUEST_NS);
}

void lt_http_connection_close(struct lt_http_connection *connection)
{
	if (connection->state == LT_HTTP_CLOSED)
		return;
	close(connection->fd);
	free(connection->answer);
	connection->answer = NULL;
	connection->state = LT_HTTP_CLOSED;
}

static int answer(struct lt_http_connection *connection, const char *status, const char *type, const void *text,
		  size_t size)
{
	char head[512];
	int head_size = snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\n"
				 "Content-Length: %zu\r\n%sX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
				 status, type, size, connection->request.status == 405 ? "Allow: GET, HEAD\r\n" : "");
	size_t body_size = connection->request.head_only ? 0 : size;

	connection->answer = malloc((size_t)head_size + body_size);
	if (!connection->answer) {
		lt_http_connection_close(connection);
		return -ENOMEM;
	}
	memcpy(connection->answer, head, (size_t)head_size);
	if (body_size)
		memcpy(connection->answer + head_size, text, body_size);
	connection->size = (size_t)head_size + body_size;
	set_state(connection, LT_HTTP_WRITING, ANSWER_NS);
	return 0;
}

int lt_http_connection_give(struct lt_http_connection *connection, const void *text, size_t size)
{
	return answer(connection, "200 OK", "text/plain; version=0.0.4", text, size);
}

static void answer_status(struct lt_http_connection *connection)
{
	const char *text = connection->request.status == 404 ? "404 Not Found" :
			   connection->request.status == 405 ? "405 Method Not Allowed" : "400 Bad Request";
	char line[64];
	int size = snprintf(line, sizeof(line), "%s\n", text);

	answer(connection, text, "text/plain", line, (size_t)size);
}

static void answer_request(struct lt_http_connection *connection)
{
	if (connection->request.status != 200)
		answer_status(connection);
	else if (connection->request.page == LT_HTTP_INDEX)
		answer(connection, "200 OK", "text/html", index_page, strlen(index_page));
	else
		set_state(connection, LT_HTTP_ASKING, IDLE_NS);
}

/* Whether a call failed only since it would have had to wait. */
static bool would_wait(ssize_t result)
{
	return result < 0 && (errno == EAGAIN || errno == EINTR);
}

static void read_request(struct lt_http_connection *connection)
{
	ssize_t size = recv(connection->fd, connection->bytes + connection->got,
			    sizeof(connection->bytes) - connection->got, 0);

	if (would_wait(size))
		return;
	if (size <= 0) {
		lt_http_connection_close(connection);
		return;
	}
	connection->got += (size_t)size;
	if (lt_http_request_parse(connection->bytes, connection->got, &connection->request))
		answer_request(connection);
}

static void write_answer(struct lt_http_connection *connection)
{
	size_t left = connection->size - connection->sent;
	ssize_t size = send(connection->fd, connection->answer + connection->sent, left < WRITE_AT_ONCE ? left : WRITE_AT_ONCE,
			    MSG_NOSIGNAL);

	if (would_wait(size))
		return;
	if (size < 0) {
		lt_http_connection_close(connection);
		return;
	}
	connection->sent += (size_t)size;
	connection->idle_end = lt_now() + IDLE_NS;
	if (connection->sent < connection->size)
		return;
	free(connection->answer);
	connection->answer = NULL;
	shutdown(connection->fd, SHUT_WR);
	set_state(connection, LT_HTTP_DRAINING, DRAIN_NS);
}

/* Closed with something unread, the kernel would reset the connection, and the peer might lose the answer. */
static void drain(struct lt_http_connection *connection)
{
	for (size_t total = 0; total < READ_AT_ONCE; total += sizeof(connection->bytes)) {
		ssize_t size = recv(connection->fd, connection->bytes, sizeof(connection->bytes), 0);

		if (would_wait(size))
			return;
		if (size <= 0) {
			lt_http_connection_close(connection);
			return;
		}
	}
}

void lt_http_connection_go_on(struct lt_http_connection *connection)
{
	if (connection->state == LT_HTTP_READING)
		read_request(connection);
	if (connection->state == LT_HTTP_WRITING)
		write_answer(connection);
	if (connection->state == LT_HTTP_DRAINING)
		drain(connection);
}

uint64_t lt_http_connection_deadline(const struct lt_http_connection *connection, bool hurried)
{
	if (connection->state == LT_HTTP_CLOSED || connection->state == LT_HTTP_ASKING)
		return 0;
	if (connection->state == LT_HTTP_READING && hurried)
		return connection->end - REQUEST_NS + HURRIED_REQUEST_NS;
	return connection->idle_end < connection->end ? connection->idle_end : connection->end;
}
