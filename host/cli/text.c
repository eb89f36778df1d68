/* SPDX-License-Identifier: MIT
 *
 * Text for a person.
 */
#include "cli.h"
#include "../message.h"
#include <stdarg.h>
#include <stdlib.h>

void cli_error(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int size;

	va_start(args, format);
	size = vasprintf(&text, format, args);
	va_end(args);
	if (size < 0)
		return;
	/* What the script printed before comes before the message. */
	fflush(stdout);
	fputs("luatrace: ", stderr);
	lt_text_put(stderr, text, (size_t)size, true);
	fputc('\n', stderr);
	free(text);
}
