/* SPDX-License-Identifier: MIT */
#ifndef LT_HTTP_ADDRESS_H
#define LT_HTTP_ADDRESS_H
#include "luatrace.h"
#include <sys/socket.h>

enum { LT_HTTP_ADDRESS_SIZE = 80 };	/* of its text, with brackets, scope and port */

/* The address that lt_http_open() takes. -EINVAL. */
int lt_http_address_parse(const char *text, struct sockaddr_storage *out, socklen_t *size, lt_error *err);
/* "IP:PORT", "[IPV6]:PORT"; LT_HTTP_ADDRESS_SIZE bytes. */
void lt_http_address_text(const struct sockaddr_storage *address, char *out);

#endif
