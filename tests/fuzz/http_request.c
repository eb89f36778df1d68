/* SPDX-License-Identifier: MIT
 *
 * The head of a request, as it comes byte by byte: once it is judged, what comes after makes no difference.
 */
#include "http/request.h"
#include "lib/bytes.h"
#include "lib/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lt_http_request first = { 0 }, out;
	bool judged = false;

	size = size < LT_HTTP_MOST_REQUEST ? size : LT_HTTP_MOST_REQUEST;
	for (size_t length = 0; length <= size; length++) {
		/* all lengths would take the square of the time */
		if (length > 256 && length < size && data[length - 1] != '\n' && length % 61)
			continue;
		char *bytes = exact_copy(data, length);

		if (lt_http_request_parse(bytes, length, &out)) {
			FUZZ_CHECK(out.status == 200 || out.status == 400 || out.status == 404 || out.status == 405, "no status");
			FUZZ_CHECK((out.status == 200) == (out.page != LT_HTTP_NO_PAGE) || out.status == 405, "no page");
			FUZZ_CHECK(!judged || (first.status == out.status && first.page == out.page &&
					       first.head_only == out.head_only), "judged anew");
			first = out;
			judged = true;
		} else {
			FUZZ_CHECK(!judged && length < LT_HTTP_MOST_REQUEST, "not judged");
		}
		free(bytes);
	}
	return 0;
}
