/* SPDX-License-Identifier: MIT
 *
 * Numbers for symbols, so that Lua need not make a string of a name to know it again.
 */
#ifndef LT_SYMBOL_ID_H
#define LT_SYMBOL_ID_H
#include <stdint.h>

/* A number for a table of symbols. Kernel symbols have 0, and 2^21 tables later they come again. */
uint32_t lt_symbol_serial(void);

/* A double holds it exactly. */
static inline uint64_t lt_symbol_id(uint32_t serial, uint32_t index)
{
	return (uint64_t)serial << 32 | index;
}

#endif
