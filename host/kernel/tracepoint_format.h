/* SPDX-License-Identifier: MIT
 *
 * The lines of a tracepoint's format file (tracefs, events/CATEGORY/EVENT/format).
 */
#ifndef LT_KERNEL_TRACEPOINT_FORMAT_H
#define LT_KERNEL_TRACEPOINT_FORMAT_H
#include <stdbool.h>
#include <stddef.h>

struct tracepoint_field {
	char declaration[256];	/* "const char * filename", "__data_loc char[] name", "char comm[16]" */
	unsigned offset, size;
	int is_signed;
};

/* `field:DECLARATION; offset:N; size:N; signed:N;`. False for other lines. */
bool tracepoint_field_parse(const char *line, size_t length, struct tracepoint_field *field);
/* Splits off the declared name and "[N]". False when there is none that C would take. */
bool tracepoint_field_split(char *declaration, char **name, unsigned *elements);
#endif
