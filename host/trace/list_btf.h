/* SPDX-License-Identifier: MIT
 *
 * The functions that the kernel's types and its modules' describe, by name.
 */
#ifndef LT_TRACE_LIST_BTF_H
#define LT_TRACE_LIST_BTF_H
#include "list.h"
#include <bpf/btf.h>

/* The types of the kernel or of a module. */
struct lt_list_types {
	struct btf *btf;
	struct btf_dump *dump;	/* made when something is first declared: it reads all types */
	char *module;		/* NULL: the kernel itself */
};

struct lt_list_function {
	const char *name;
	uint32_t types;		/* index in lt_list_btf.types */
	uint32_t proto;		/* id of the BTF_KIND_FUNC_PROTO */
};

struct lt_list_btf {
	struct lt_list_types *types;	/* the kernel's, then those of its modules by name */
	uint32_t types_count;
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
void lt_list_btf_members(struct lt_listing *listing, uint32_t types, uint32_t id, int first);

#endif
