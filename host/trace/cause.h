/* SPDX-License-Identifier: MIT
 *
 * What a refusal of the verifier means for the text, and what usually mends it.
 */
#ifndef LT_TRACE_CAUSE_H
#define LT_TRACE_CAUSE_H
#include "verifier_log.h"

/* Writes what the reason means, or "" if it is none of the known ones. */
void lt_cause_write(const struct lt_refusal *refusal, char *out, uint32_t size);

/* refusal_value.c: the words of the source line that the reason is about, e.g. a variable's name; "" if it cannot be
 * told. */
void lt_refusal_value(const struct lt_refusal *refusal, char *out, uint32_t size);

#endif
