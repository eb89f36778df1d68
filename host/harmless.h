/* SPDX-License-Identifier: MIT
 *
 * Text that the traced system or an untrusted script said, made fit for a terminal.
 */
#ifndef LT_HARMLESS_H
#define LT_HARMLESS_H
#include <stdbool.h>
#include <stddef.h>

/* What a byte may become at most. */
enum { LT_ESCAPED_SIZE = 4 };

/* Bytes at the beginning of `text` that are printable ASCII: a look at eight at a time. */
size_t lt_plain_length(const char *text, size_t size);
/* Writes `text` to `out`, which has room for LT_ESCAPED_SIZE times `size`: control characters, what reorders a line,
 * and bytes that are no UTF-8 as \n, \t, \r, \e or \xNN. `tabs`: they stay. Returns how many bytes that made. */
size_t lt_harmless(char *out, const char *text, size_t size, bool tabs);
/* Writes `text` as the inside of a JSON string: see lt_text_json(). */
size_t lt_harmless_json(char *out, const char *text, size_t size);

#endif
