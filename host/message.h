/* SPDX-License-Identifier: MIT
 *
 * Writing text for a person.
 */
#ifndef LT_MESSAGE_H
#define LT_MESSAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes `text`. When `stream` is a terminal, control characters other than newline and tab come out escaped, for
 * the text may hold what the traced system or an untrusted script said. `paint`: it is a compiler's kind of message,
 * and its places, severities and carets get colours on a terminal that has them (NO_COLOR and TERM=dumb: no). */
void lt_text_put(FILE *stream, const char *text, size_t size, bool paint);

#endif
