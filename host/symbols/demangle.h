/* SPDX-License-Identifier: MIT
 *
 * Mangled names as their programmers wrote them. Names are anyone's: each decoder ends soon, whatever it is given.
 */
#ifndef LT_DEMANGLE_H
#define LT_DEMANGLE_H
#include <stdbool.h>
#include <stddef.h>

/* What a decoder writes to. What does not fit is left out, and told. */
typedef struct lt_demangled {
	char *text;
	size_t used, size;
	bool full;
} lt_demangled;

void lt_demangled_add(lt_demangled *out, const char *text, size_t length);

/* The decoders: `name` has `length` characters and is not ended by a NUL there. False: no name of the kind. */
bool lt_demangle_rust_legacy(const char *name, size_t length, lt_demangled *out);
bool lt_demangle_rust_v0(const char *name, size_t length, lt_demangled *out);

#endif
