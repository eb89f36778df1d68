/* SPDX-License-Identifier: MIT */
#include "list_btf.h"
#include "module_btf.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int add(struct lt_list_btf *list, uint32_t types, const char *name, uint32_t proto)
{
	if (list->count == list->room) {
		uint32_t room = list->room ? list->room * 2 : 65536;
		struct lt_list_function *functions = realloc(list->functions, room * sizeof(*functions));

		if (!functions)
			return -ENOMEM;
		list->functions = functions;
		list->room = room;
	}
	list->functions[list->count++] = (struct lt_list_function){ name, types, proto };
	return 0;
}

/* Takes over `btf`, whose own types begin at `first`. */
static int add_types(struct lt_list_btf *list, struct btf *btf, uint32_t first, const char *module)
{
	struct lt_list_types *types = realloc(list->types, (list->types_count + 1) * sizeof(*types));
	int code = 0;

	if (!types) {
		btf__free(btf);
		return -ENOMEM;
	}
	list->types = types;
	types[list->types_count++] = (struct lt_list_types){ .btf = btf, .module = module ? strdup(module) : NULL };
	if (module && !types[list->types_count - 1].module)
		return -ENOMEM;
	for (uint32_t id = first; id < btf__type_cnt(btf) && !code; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_func(type))
			code = add(list, list->types_count - 1, btf__name_by_offset(btf, type->name_off), type->type);
	}
	return code;
}

static int add_modules(struct lt_list_btf *list)
{
	static const lt_compile_opts running;
	int fd = lt_module_btf_list(&running), code = 0;
	FILE *names = fd < 0 ? NULL : fdopen(fd, "r");
	char line[256];

	if (!names) {
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	rewind(names);
	while (!code && fgets(line, sizeof(line), names)) {
		struct btf *btf;

		line[strcspn(line, "\n")] = '\0';
		btf = btf__load_module_btf(line, list->types[0].btf);
		/* it may have been unloaded meanwhile */
		code = btf ? add_types(list, btf, btf__type_cnt(list->types[0].btf), line) : 0;
	}
	fclose(names);
	return code;
}

static int by_name(const void *a, const void *b)
{
	const struct lt_list_function *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : (int)left->types - (int)right->types;
}

struct lt_list_btf *lt_list_btf(struct lt_listing *listing, lt_error *err)
{
	struct lt_list_btf *list = listing->btf;
	struct btf *kernel;
	int code;

	if (list)
		return list;
	list = calloc(1, sizeof(*list));
	kernel = list ? btf__load_vmlinux_btf() : NULL;
	if (!kernel) {
		lt_fail(err, -errno, "%s: this kernel has no BTF (CONFIG_DEBUG_INFO_BTF is off)", listing->kind);
		free(list);
		return NULL;
	}
	code = add_types(list, kernel, 1, NULL);
	if (!code)
		code = add_modules(list);
	if (code) {
		lt_fail(err, code, "%s: the kernel's BTF cannot be read: %s", listing->kind, strerror(-code));
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
	while (list->types_count) {	/* a module's types stand on the kernel's, which are the first */
		struct lt_list_types *types = &list->types[--list->types_count];

		btf_dump__free(types->dump);
		btf__free(types->btf);
		free(types->module);
	}
	free(list->types);
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

static void write_part(void *out, const char *format, va_list args)
{
	vfprintf(out, format, args);
}

static struct btf_dump *dump_of(struct lt_listing *listing, uint32_t index)
{
	struct lt_list_types *types = &listing->btf->types[index];

	if (!types->dump)
		types->dump = btf_dump__new(types->btf, write_part, listing->out, NULL);
	return types->dump;
}

static void declare(struct lt_listing *listing, uint32_t types, const char *prefix, const char *name, uint32_t type)
{
	LIBBPF_OPTS(btf_dump_emit_type_decl_opts, opts, .field_name = name);
	struct btf_dump *dump = dump_of(listing, types);

	if (!dump)
		return;
	fprintf(listing->out, "    %s", prefix);
	if (type)
		btf_dump__emit_type_decl(dump, type, &opts);
	else
		fputs(name, listing->out);
	fputc('\n', listing->out);
}

void lt_list_btf_details(struct lt_listing *listing, const struct lt_list_function *function, int first, bool result)
{
	const struct btf *btf = listing->btf->types[function->types].btf;
	const struct btf_type *proto = btf__type_by_id(btf, function->proto);

	if (!listing->details || !proto || !btf_is_func_proto(proto))
		return;
	for (int i = first; i < btf_vlen(proto); i++) {
		const struct btf_param *parameter = &btf_params(proto)[i];

		declare(listing, function->types, "", parameter->type ? btf__name_by_offset(btf, parameter->name_off) : "...",
			parameter->type);
	}
	if (result)
		declare(listing, function->types, "returns ", proto->type ? "" : "void", proto->type);
}

void lt_list_btf_members(struct lt_listing *listing, uint32_t types, uint32_t id, int first)
{
	const struct btf *btf = listing->btf->types[types].btf;
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (int i = first; listing->details && i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *name = btf__name_by_offset(btf, member->name_off);

		/* pointers in a context stand in a union of their own, for their size */
		if (!*name && btf_is_composite(btf__type_by_id(btf, member->type)))
			lt_list_btf_members(listing, types, member->type, 0);
		else if (*name)
			declare(listing, types, "", name, member->type);
	}
}
