/* SPDX-License-Identifier: MIT */
#include "list_btf.h"
#include "type_text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add(struct lt_list_btf *list, uint32_t part, const char *name, uint32_t proto)
{
	if (list->count == list->room) {
		uint32_t room = list->room ? list->room * 2 : 65536;
		struct lt_list_function *functions = realloc(list->functions, room * sizeof(*functions));

		if (!functions)
			return -ENOMEM;
		list->functions = functions;
		list->room = room;
	}
	list->functions[list->count++] = (struct lt_list_function){ name, part, proto };
	return 0;
}

static int add_functions(struct lt_list_btf *list, uint32_t part)
{
	const struct btf *btf = list->types.parts[part].btf;
	int code = 0;

	for (uint32_t id = list->types.parts[part].first; id < btf__type_cnt(btf) && !code; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_func(type))
			code = add(list, part, btf__name_by_offset(btf, type->name_off), type->type);
	}
	return code;
}

static int by_name(const void *a, const void *b)
{
	const struct lt_list_function *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : (int)left->part - (int)right->part;
}

struct lt_list_btf *lt_list_btf(struct lt_listing *listing, lt_error *err)
{
	struct lt_list_btf *list = listing->btf;
	int code;

	if (list)
		return list;
	list = calloc(1, sizeof(*list));
	if (list && lt_types_load(&list->types, listing->kind, err)) {
		lt_list_btf_free(list);
		return NULL;
	}
	code = list ? 0 : -ENOMEM;
	for (uint32_t i = 0; !code && i < list->types.count; i++)
		code = add_functions(list, i);
	if (code) {
		lt_fail(err, code, "%s: out of memory", listing->kind);
		lt_list_btf_free(list);
		return NULL;
	}
	if (list->count)
		qsort(list->functions, list->count, sizeof(*list->functions), by_name);
	return listing->btf = list;
}

void lt_list_btf_free(struct lt_list_btf *list)
{
	if (!list)
		return;
	lt_types_unload(&list->types);
	free(list->functions);
	free(list);
}

const struct lt_list_function *lt_list_btf_find(const struct lt_list_btf *list, const char *name)
{
	uint32_t low = 0, high = list->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(list->functions[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->count && !strcmp(list->functions[low].name, name) ? &list->functions[low] : NULL;
}

/* ---- declarations -------------------------------------------------------------------------------------------- */

static void declare(struct lt_listing *listing, uint32_t part, const char *prefix, const char *name, uint32_t type)
{
	struct lt_type_writer writer = { .out = listing->out, .btf = listing->btf->types.parts[part].btf };

	fprintf(listing->out, "    %s", prefix);
	if (type)
		lt_type_declare(&writer, type, name);
	else
		fputs(name, listing->out);
	fputc('\n', listing->out);
}

void lt_list_btf_details(struct lt_listing *listing, const struct lt_list_function *function, int first, bool result)
{
	const struct btf *btf = listing->btf->types.parts[function->part].btf;
	const struct btf_type *proto = btf__type_by_id(btf, function->proto);

	if (!listing->details || !proto || !btf_is_func_proto(proto))
		return;
	for (int i = first; i < btf_vlen(proto); i++) {
		const struct btf_param *parameter = &btf_params(proto)[i];

		declare(listing, function->part, "", parameter->type ? btf__name_by_offset(btf, parameter->name_off) : "...",
			parameter->type);
	}
	if (result)
		declare(listing, function->part, "returns ", proto->type ? "" : "void", proto->type);
}

void lt_list_btf_members(struct lt_listing *listing, uint32_t part, uint32_t id, int first)
{
	const struct btf *btf = listing->btf->types.parts[part].btf;
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (int i = first; listing->details && i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *name = btf__name_by_offset(btf, member->name_off);

		/* pointers in a context stand in a union of their own, for their size */
		if (!*name && btf_is_composite(btf__type_by_id(btf, member->type)))
			lt_list_btf_members(listing, part, member->type, 0);
		else if (*name)
			declare(listing, part, "", name, member->type);
	}
}
