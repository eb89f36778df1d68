/* SPDX-License-Identifier: MIT
 *
 * The functions that the kernel's types and its modules' describe, by name.
 */
#ifndef LT_TRACE_LIST_BTF_H
#define LT_TRACE_LIST_BTF_H
#include "list.h"
#include "types.h"

struct lt_list_function {
	const char *name;
	uint32_t part;		/* whose types they are, in lt_list_btf.types */
	uint32_t proto;		/* id of the BTF_KIND_FUNC_PROTO */
};

struct lt_list_btf {
	struct lt_types types;
	struct lt_list_function *functions;	/* by name, of one name the kernel's first */
	uint32_t count, room;
};

/* Reads it at the first call. NULL with a message when the kernel has no BTF. */
struct lt_list_btf *lt_list_btf(struct lt_listing *listing, lt_error *err);
/* The first function of a name, or NULL. */
const struct lt_list_function *lt_list_btf_find(const struct lt_list_btf *btf, const char *name);
/* Writes parameters, from `first` on, and the result, if `result`, as details. */
void lt_list_btf_details(struct lt_listing *listing, const struct lt_list_function *function, int first, bool result);
/* Writes the members of a struct, from `first` on, as details. */
void lt_list_btf_members(struct lt_listing *listing, uint32_t part, uint32_t id, int first);

#endif
