/* SPDX-License-Identifier: MIT */
#ifndef LT_HTTP_CONNECTION_H
#define LT_HTTP_CONNECTION_H
#include "request.h"
#include <stdbool.h>
#include <stdint.h>

enum lt_http_state {
	LT_HTTP_CLOSED,
	LT_HTTP_READING,	/* its request */
	LT_HTTP_ASKING,		/* for the text */
	LT_HTTP_WRITING,	/* its answer */
	LT_HTTP_DRAINING,	/* it was answered, and its end is awaited */
};

struct lt_http_connection {
	enum lt_http_state state;
	int fd;			/* non-blocking */
	uint64_t idle_end, end;	/* when it is dropped, ns of lt_now(): with no progress, and at the latest */
	struct lt_http_request request;
	char bytes[LT_HTTP_MOST_REQUEST];	/* of the request */
	size_t got;
	char *answer;
	size_t size, sent;
};

/* Takes over `fd`. */
void lt_http_connection_begin(struct lt_http_connection *connection, int fd);
void lt_http_connection_close(struct lt_http_connection *connection);
/* Goes on as far as that needs no waiting. */
void lt_http_connection_go_on(struct lt_http_connection *connection);
/* Of one that asks for it; -ENOMEM: it is closed. */
int lt_http_connection_give(struct lt_http_connection *connection, const void *text, size_t size);
/* When it is dropped; 0: never, it waits for us. `hurried`: others wait for its place. */
uint64_t lt_http_connection_deadline(const struct lt_http_connection *connection, bool hurried);

#endif
