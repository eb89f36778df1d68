/* SPDX-License-Identifier: MIT
 *
 * The head of an HTTP request, by RFC 9112; stricter where that allows it: nothing that came is ever needed but the
 * first line, so what is odd is refused.
 */
#include "request.h"
#include <string.h>
#include <strings.h>

struct span {
	const char *at;
	size_t size;
};

static bool is_token_character(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!is_token_character((unsigned char)text.at[i]))
			return false;
	return text.size > 0;
}

static bool is(struct span text, const char *word)
{
	return text.size == strlen(word) && !memcmp(text.at, word, text.size);
}

/* Bytes that no line of a request's head has: TLS, for one, begins with some. */
static bool is_binary(struct span text)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

/* The next line, without its end. False: its end has not come. */
static bool take_line(struct span *rest, struct span *line)
{
	const char *end = memchr(rest->at, '\n', rest->size);
	size_t size;

	if (!end)
		return false;
	size = (size_t)(end - rest->at);
	*line = (struct span){ rest->at, size && end[-1] == '\r' ? size - 1 : size };
	rest->at += size + 1;
	rest->size -= size + 1;
	return true;
}

/* The text up to a blank, which is passed over. */
static bool take_word(struct span *line, struct span *word)
{
	const char *blank = memchr(line->at, ' ', line->size);

	if (!blank)
		return false;
	*word = (struct span){ line->at, (size_t)(blank - line->at) };
	line->size -= word->size + 1;
	line->at = blank + 1;
	return true;
}

static enum lt_http_page page_of(struct span path)
{
	const char *query = memchr(path.at, '?', path.size);

	if (query)
		path.size = (size_t)(query - path.at);
	return is(path, "/metrics") ? LT_HTTP_METRICS : is(path, "/") ? LT_HTTP_INDEX : LT_HTTP_NO_PAGE;
}

/* Status of the first line. `hosts`: how many headers "Host" it needs at least. */
static int read_first_line(struct span line, struct lt_http_request *out, int *hosts)
{
	struct span method, path;

	if (!take_word(&line, &method) || !is_token(method) || !take_word(&line, &path) || !path.size)
		return 400;
	if (is(line, "HTTP/1.1"))
		*hosts = 1;
	else if (!is(line, "HTTP/1.0"))
		return 400;
	out->head_only = is(method, "HEAD");
	if (!out->head_only && !is(method, "GET"))
		return 405;
	if (path.at[0] != '/')
		return 400;
	out->page = page_of(path);
	return out->page == LT_HTTP_NO_PAGE ? 404 : 200;
}

static bool read_header(struct span line, int *hosts)
{
	const char *colon = memchr(line.at, ':', line.size);
	struct span name = { line.at, colon ? (size_t)(colon - line.at) : 0 };

	if (!is_token(name))
		return false;
	*hosts += name.size == 4 && !strncasecmp(name.at, "Host", 4);
	return true;
}

static bool bad_request(struct lt_http_request *out)
{
	*out = (struct lt_http_request){ .status = 400 };
	return true;
}

bool lt_http_request_parse(const char *bytes, size_t size, struct lt_http_request *out)
{
	struct span rest = { bytes, size }, line;
	int needed_hosts = 0, hosts = 0;

	*out = (struct lt_http_request){ 0 };
	while (take_line(&rest, &line)) {
		if (is_binary(line))
			return bad_request(out);
		if (!out->status)
			out->status = read_first_line(line, out, &needed_hosts);
		else if (!line.size)
			return hosts < needed_hosts || hosts > 1 ? bad_request(out) : true;
		else if (!read_header(line, &hosts))
			return bad_request(out);
		if (out->status == 400)
			return bad_request(out);
	}
	/* what may be half of a line's end */
	rest.size -= rest.size && rest.at[rest.size - 1] == '\r';
	return (is_binary(rest) || size >= LT_HTTP_MOST_REQUEST) && bad_request(out);
}
