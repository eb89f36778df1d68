/* SPDX-License-Identifier: MIT
 *
 * All that has a name, as C.
 */
#include "types.h"
#include "type_text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A definition, and who has it: the kernel and modules may have several that read the same. */
struct version {
	char *text;
	char *owners;		/* "the kernel and nf_tables" */
	uint32_t part;		/* the last of them */
};

struct versions {
	struct version *list;
	uint32_t count;
};

static const char *owner_of(const struct lt_types *types, uint32_t part)
{
	return types->parts[part].module ? types->parts[part].module : "the kernel";
}

static int add_owner(struct version *version, const struct lt_types *types, uint32_t part)
{
	char *owners;

	if (version->owners && version->part == part)
		return 0;
	if (asprintf(&owners, "%s%s%s", version->owners ? version->owners : "", version->owners ? " and " : "",
		     owner_of(types, part)) < 0)
		return -ENOMEM;
	free(version->owners);
	version->owners = owners;
	version->part = part;
	return 0;
}

static int add_version(struct versions *versions, const struct lt_types *types, struct lt_type_ref ref)
{
	struct version *list;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return -ENOMEM;
	lt_type_define(types, ref, stream);
	if (fclose(stream)) {
		free(text);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < versions->count; i++) {
		if (!strcmp(versions->list[i].text, text)) {
			free(text);
			return add_owner(&versions->list[i], types, ref.part);
		}
	}
	list = realloc(versions->list, (versions->count + 1) * sizeof(*list));
	if (!list) {
		free(text);
		return -ENOMEM;
	}
	versions->list = list;
	list[versions->count] = (struct version){ .text = text };
	return add_owner(&list[versions->count++], types, ref.part);
}

static void write_versions(const struct versions *versions, FILE *out)
{
	struct lt_type_writer writer = { .out = out };

	for (uint32_t i = 0; i < versions->count; i++) {
		const struct version *version = &versions->list[i];

		if (versions->count > 1)
			fprintf(out, "%s/* %u of %u, of ", i ? "\n" : "", i + 1, versions->count);
		else if (strcmp(version->owners, "the kernel"))
			fputs("/* of ", out);
		if (versions->count > 1 || strcmp(version->owners, "the kernel")) {
			lt_type_put_name(&writer, version->owners);
			fputs(" */\n", out);
		}
		fputs(version->text, out);
	}
}

static void free_versions(struct versions *versions)
{
	for (uint32_t i = 0; i < versions->count; i++) {
		free(versions->list[i].text);
		free(versions->list[i].owners);
	}
	free(versions->list);
}

static int describe_name(struct lt_types *types, const char *name, FILE *out, lt_error *err)
{
	const struct lt_type_wanted wanted = lt_type_wanted(name);
	struct versions versions = { 0 };
	struct lt_type_ref at = { 0 };
	int code = 0;

	while (!code && lt_types_next(types, &wanted, &at))
		code = add_version(&versions, types, at);
	if (code)
		lt_fail(err, code, "types: out of memory");
	else if (!versions.count)
		code = lt_types_unknown(types, name, err);
	write_versions(&versions, out);
	free_versions(&versions);
	return code;
}

int lt_types_describe(lt_types *types, const char *what, lt_blob *out, lt_error *err)
{
	size_t start = strspn(what, " "), keyword = lt_type_wanted(what + start).name - (what + start);
	size_t root = keyword + strcspn(what + start + keyword, ".-[");
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int code;

	*out = (lt_blob){ 0 };
	if (!stream)
		return lt_fail(err, -ENOMEM, "types: out of memory");
	if (what[start + root])
		code = lt_type_path_describe(types, what + start, root, stream, err);
	else
		code = describe_name(types, what + start, stream, err);
	if (fclose(stream) && !code)
		code = lt_fail(err, -ENOMEM, "types: out of memory");
	*out = (lt_blob){ text, size };
	if (code)
		lt_blob_free(out);
	return code;
}
