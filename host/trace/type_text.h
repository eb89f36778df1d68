/* SPDX-License-Identifier: MIT
 *
 * Types out of BTF as C. What BTF calls things goes to terminals, so of names only what an identifier may have is
 * written as it is.
 */
#ifndef LT_TRACE_TYPE_TEXT_H
#define LT_TRACE_TYPE_TEXT_H
#include <bpf/btf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct lt_type_writer {
	FILE *out;
	const struct btf *btf;
	/* Writes the body of an unnamed struct, union or enum, from "{" to "}". NULL: "{ ... }" */
	void (*body)(struct lt_type_writer *writer, uint32_t id);
	void *body_data;
	uint64_t base;		/* where what is declared lies, in bits; of what a pointer leads to 0 */
	uint32_t column;	/* of the line that is being written */
	char last;		/* what was written last */
	int depth;
};

/* Whether a name is nothing but letters, digits, '_', '.' and '$'. */
bool lt_type_is_identifier(const char *name);
/* Writes text of ours. */
void lt_type_put(struct lt_type_writer *writer, const char *text);
/* Writes a name out of BTF. */
void lt_type_put_name(struct lt_type_writer *writer, const char *name);
/* "struct", "union" or "enum". */
const char *lt_type_keyword(const struct btf_type *type);
/* Declares `name`, which may be "", as of a type. */
void lt_type_declare(struct lt_type_writer *writer, uint32_t id, const char *name);

#endif
