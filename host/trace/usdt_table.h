/* SPDX-License-Identifier: MIT
 *
 * Where the arguments of an object's USDT probes lie, in the map that bpf/dialect/usdt.h reads.
 */
#ifndef LT_TRACE_USDT_TABLE_H
#define LT_TRACE_USDT_TABLE_H
#include "object.h"
#include "../symbols/usdt.h"

struct lt_usdt_table;

/* Puts the arguments of one place into the object's map; places with the same ones share them. `cookie` is what the
 * program shall be attached with: 0 when the object's text reads no argument, or there are none. -ENOSPC: the map is
 * full. */
int lt_usdt_table_add(lt_object *object, const lt_usdt_argument *arguments, uint32_t count, uint64_t *cookie);
void lt_usdt_table_free(struct lt_usdt_table *table);

#endif
