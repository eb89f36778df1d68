/* SPDX-License-Identifier: MIT
 *
 * Probes in a file, which the pattern names: "FILE:SYMBOL", "FILE:PROVIDER:NAME".
 */
#include "list.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The target up to `colon`, or all of it, is a file, whatever characters it has; `names` is the pattern of what is
 * wanted there. */
static int take_file(struct lt_listing *listing, const char *colon, const char *names, char *path, size_t size,
		     lt_error *err)
{
	const char *target = listing->target;

	snprintf(path, size, "%.*s", colon ? (int)(colon - target) : (int)strlen(target), target);
	lt_pattern_free(&listing->pattern);
	return lt_pattern_compile(&listing->pattern, names, LT_PATTERN_GLOB, listing->kind, err);
}

/* "FILE", "FILE:NAME" or "FILE:PROVIDER:NAME". */
static int take_target(struct lt_listing *listing, char *path, size_t size, lt_error *err)
{
	const char *target = listing->target, *name = strrchr(target, ':'), *provider = NULL;
	char names[512];

	for (const char *at = name; at && at > target && !provider; at--)
		if (at[-1] == ':')
			provider = at - 1;
	if (provider)
		return take_file(listing, provider, provider + 1, path, size, err);
	snprintf(names, sizeof(names), "*:%s", name ? name + 1 : "*");
	return take_file(listing, name, names, path, size, err);
}

/* "-4@%edi 8@%rax": a size in bytes, below 0 when signed, with an f when floating, and where it lies. */
static void write_arguments(struct lt_listing *listing, const char *arguments)
{
	int number = 1;

	for (const char *at = arguments; *at; number++) {
		char *rest;
		long bytes = strtol(at, &rest, 10);

		if (*rest == 'f')
			lt_listing_detail(listing, "%s arg%d", bytes == 4 ? "float" : "double", number);
		else if (*rest == '@' && bytes)
			lt_listing_detail(listing, "%sint%ld_t arg%d", bytes < 0 ? "" : "u", labs(bytes) * 8, number);
		else	/* without a size it is a register's */
			lt_listing_detail(listing, "long arg%d", number);
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
}

static bool is_first_place(const lt_usdt *usdt, uint32_t index, const lt_usdt_location *location)
{
	lt_usdt_location other;

	for (uint32_t i = 0; i < index; i++) {
		lt_usdt_get(usdt, i, &other);
		if (!strcmp(other.name, location->name) && !strcmp(other.provider, location->provider))
			return false;
	}
	return true;
}

int lt_list_usdt(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err)
{
	char path[PATH_MAX], name[512];
	lt_usdt_location location;
	lt_usdt *usdt;
	int code;

	(void)ops;
	code = take_target(listing, path, sizeof(path), err);
	if (!code)
		code = lt_usdt_open(path, -1, &usdt, err);
	if (code)
		return code;
	for (uint32_t i = 0; i < lt_usdt_count(usdt); i++) {
		lt_usdt_get(usdt, i, &location);
		snprintf(name, sizeof(name), "%.250s:%.250s", location.provider, location.name);
		if (is_first_place(usdt, i, &location) && lt_listing_put_of(listing, path, name))
			write_arguments(listing, location.arguments);
	}
	lt_usdt_free(usdt);
	return 0;
}

int lt_list_uprobes(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err)
{
	const char *colon = strrchr(listing->target, ':'), *end;
	char path[PATH_MAX];
	lt_blob functions;
	int count;

	(void)ops;
	count = take_file(listing, colon, colon ? colon + 1 : "*", path, sizeof(path), err);
	if (count)
		return count;
	count = lt_user_functions(path, -1, ".", &functions, err);
	end = (const char *)functions.data + functions.size;
	for (const char *at = functions.data; count > 0 && at < end; at += strlen(at) + 1)
		lt_listing_put_of(listing, path, strchr(at, ' ') + 1);
	lt_blob_free(&functions);
	return count < 0 ? count : 0;
}
