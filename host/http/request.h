/* SPDX-License-Identifier: MIT */
#ifndef LT_HTTP_REQUEST_H
#define LT_HTTP_REQUEST_H
#include <stdbool.h>
#include <stddef.h>

enum { LT_HTTP_MOST_REQUEST = 8192 };

enum lt_http_page { LT_HTTP_NO_PAGE, LT_HTTP_INDEX, LT_HTTP_METRICS };

struct lt_http_request {
	int status;		/* to answer with: 200, 400, 404 or 405 */
	enum lt_http_page page;	/* of status 200 */
	bool head_only;		/* HEAD */
};

/* What is asked by the first `size` bytes that came. False: more is to come. What can be no request is one of status
 * 400 as soon as that shows. */
bool lt_http_request_parse(const char *bytes, size_t size, struct lt_http_request *out);

#endif
