/* SPDX-License-Identifier: MIT
 *
 * Where the server listens, from text and to text. Names are not looked up: that may wait, and may mean several.
 */
#include "address.h"
#include "../error.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int port_of(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long port = digits && digits <= 5 && !text[digits] ? strtol(text, NULL, 10) : -1;

	return port <= 65535 ? (int)port : -1;
}

/* The part ahead of the last colon, without brackets. inet_pton(3) looks at it first: to getaddrinfo(3) a lone number
 * is an address too. */
static bool take_host(const char *text, const char *colon, char *host, size_t room)
{
	size_t size = (size_t)(colon - text);
	struct in_addr address;
	bool bracketed = size >= 2 && text[0] == '[' && colon[-1] == ']';

	if (bracketed) {
		text++;
		size -= 2;
	}
	if (size >= room)
		return false;
	memcpy(host, text, size);
	host[size] = '\0';
	if (!host[0] || !strcmp(host, "localhost"))
		strcpy(host, "127.0.0.1");
	/* without brackets, where an address of version 6 ends is anyone's guess */
	return bracketed ? strchr(host, ':') != NULL : inet_pton(AF_INET, host, &address) == 1;
}

int lt_http_address_parse(const char *text, struct sockaddr_storage *out, socklen_t *size, lt_error *err)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(text, ':');
	int port = port_of(colon ? colon + 1 : text);
	struct addrinfo *found;
	char host[64] = "127.0.0.1";

	if (port < 0 || (colon && !take_host(text, colon, host, sizeof(host))) ||
	    getaddrinfo(host, NULL, &hints, &found))
		return lt_fail(err, -EINVAL, "'%s': not an address to listen at, which is IP:PORT, [IPV6]:PORT, or :PORT for the "
			       "loopback address", text);
	memset(out, 0, sizeof(*out));
	memcpy(out, found->ai_addr, found->ai_addrlen);
	*size = found->ai_addrlen;
	freeaddrinfo(found);
	if (out->ss_family == AF_INET6)
		((struct sockaddr_in6 *)out)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)out)->sin_port = htons((uint16_t)port);
	return 0;
}

void lt_http_address_text(const struct sockaddr_storage *address, char *out)
{
	char host[64] = "?", port[8] = "?";
	bool v6 = address->ss_family == AF_INET6;

	getnameinfo((const struct sockaddr *)address, sizeof(*address), host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(out, LT_HTTP_ADDRESS_SIZE, v6 ? "[%s]:%s" : "%s:%s", host, port);
}
