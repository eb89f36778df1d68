/* SPDX-License-Identifier: MIT
 *
 * The Lua runtime as bytecode; host/embed.lua writes the table at build time.
 */
#ifndef LT_CLI_EMBED_H
#define LT_CLI_EMBED_H
#include <stddef.h>

struct lt_module {
	const char *name;	/* as require() takes it; NULL ends the table */
	const void *data;
	size_t size;
};
extern const struct lt_module lt_modules[];
#endif
