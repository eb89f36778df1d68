/* SPDX-License-Identifier: MIT
 *
 * What can be attached to in the kernel, by its types and symbols.
 */
#include "list.h"
#include "list_btf.h"
#include "traceable.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names, sorted, of the functions that can be traced. */
static int traceable(const struct lt_pattern *pattern, struct lt_traceable *out, lt_error *err)
{
	int code = lt_traceable_find(pattern, out, err);

	if (code)
		return code;
	lt_traceable_filter(out);
	free(out->addresses);	/* not to be out of step with the names */
	out->addresses = NULL;
	if (out->count)
		qsort(out->names, out->count, sizeof(*out->names), by_name);
	return 0;
}

int lt_list_kprobes(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err)
{
	struct lt_list_btf *btf = listing->details ? lt_list_btf(listing, NULL) : NULL;
	struct lt_traceable functions;
	int code = traceable(&listing->pattern, &functions, err);

	for (uint32_t i = 0; !code && i < functions.count; i++) {
		const struct lt_list_function *function;

		if ((i && !strcmp(functions.names[i - 1], functions.names[i])) || !lt_listing_put(listing, functions.names[i]))
			continue;
		function = btf ? lt_list_btf_find(btf, functions.names[i]) : NULL;
		if (function)
			lt_list_btf_details(listing, function, 0, ops == &lt_kretprobe_ops);
	}
	if (!code)
		lt_traceable_free(&functions);
	return code;
}

int lt_list_trampolines(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err)
{
	struct lt_list_btf *btf = lt_list_btf(listing, err);
	struct lt_traceable functions;
	struct lt_pattern all;
	int code = btf ? lt_pattern_compile(&all, "*", LT_PATTERN_GLOB, listing->kind, err) : -ENOENT;

	if (!code)
		code = traceable(&all, &functions, err);
	if (code)
		return code;
	for (uint32_t i = 0; i < btf->count; i++) {
		const struct lt_list_function *function = &btf->functions[i];
		const char *module = btf->types.parts[function->part].module;
		char target[512];

		if (!bsearch(&function->name, functions.names, functions.count, sizeof(*functions.names), by_name))
			continue;
		snprintf(target, sizeof(target), "%s%s%s", module ? module : "", module ? ":" : "", function->name);
		if (lt_listing_put(listing, target))
			lt_list_btf_details(listing, function, 0, ops == &lt_fexit_ops);
	}
	lt_traceable_free(&functions);
	return 0;
}

/* Functions whose names begin with `prefix`, by what follows it. */
static int list_prefixed(struct lt_listing *listing, const char *prefix, int first, bool result, lt_error *err)
{
	struct lt_list_btf *btf = lt_list_btf(listing, err);
	size_t length = strlen(prefix);

	for (uint32_t i = 0; btf && i < btf->count; i++)
		if (!strncmp(btf->functions[i].name, prefix, length) && lt_listing_put(listing, btf->functions[i].name + length))
			lt_list_btf_details(listing, &btf->functions[i], first, result);
	return btf ? 0 : -ENOENT;
}

/* Each has a function that calls who listens, whose first parameter is not the program's. */
int lt_list_raw_tracepoints(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err)
{
	(void)ops;
	return list_prefixed(listing, "__traceiter_", 1, false, err);
}

int lt_list_hooks(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err)
{
	(void)ops;
	return list_prefixed(listing, "bpf_lsm_", 0, true, err);
}

/* A target has a function and a struct, its context, which begins with the iteration's own data. */
int lt_list_iterators(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err)
{
	static const char prefix[] = "bpf_iter_";
	struct lt_list_btf *btf = lt_list_btf(listing, err);

	(void)ops;
	for (uint32_t i = 0; btf && i < btf->count; i++) {
		const struct lt_list_function *function = &btf->functions[i];
		const char *target = function->name + strlen(prefix);
		char context[256];
		int id;

		if (strncmp(function->name, prefix, strlen(prefix)))
			continue;
		snprintf(context, sizeof(context), "bpf_iter__%s", target);
		id = btf__find_by_name_kind(btf->types.parts[function->part].btf, context, BTF_KIND_STRUCT);
		if (id > 0 && lt_listing_put(listing, target))
			lt_list_btf_members(listing, function->part, (uint32_t)id, 1);
	}
	return btf ? 0 : -ENOENT;
}
