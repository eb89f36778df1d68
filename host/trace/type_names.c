/* SPDX-License-Identifier: MIT
 *
 * Names of types by how they begin, for completion.
 */
#include "types.h"
#include "type_text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int make_names(struct lt_types *types)
{
	uint32_t count = 0, kept = 0;

	for (uint32_t i = 0; i < types->count; i++)
		count += btf__type_cnt(types->parts[i].btf) - types->parts[i].first;
	types->names = malloc((count + 1) * sizeof(*types->names));
	if (!types->names)
		return -ENOMEM;
	count = 0;
	for (uint32_t i = 0; i < types->count; i++) {
		const struct btf *btf = types->parts[i].btf;

		for (uint32_t id = types->parts[i].first; id < btf__type_cnt(btf); id++) {
			const struct btf_type *type = btf__type_by_id(btf, id);

			if (lt_type_is_named(type))
				types->names[count++] = btf__name_by_offset(btf, type->name_off);
		}
	}
	qsort(types->names, count, sizeof(*types->names), by_name);
	for (uint32_t i = 0; i < count; i++)
		if (!kept || strcmp(types->names[kept - 1], types->names[i]))
			types->names[kept++] = types->names[i];
	types->name_count = kept;
	return 0;
}

int lt_types_names(lt_types *types, const char *prefix, uint32_t limit, lt_blob *out, lt_error *err)
{
	int code = types->names ? 0 : make_names(types);
	uint32_t low = 0, high = types->name_count, count = 0;
	size_t length = strlen(prefix), size = 0;
	char *text = NULL;
	FILE *stream;

	*out = (lt_blob){ 0 };
	stream = code ? NULL : open_memstream(&text, &size);
	if (!stream)
		return lt_fail(err, -ENOMEM, "types: out of memory");
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(types->names[middle], prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < types->name_count && count < limit && !strncmp(types->names[low], prefix, length); low++) {
		/* no other is a name that one could type, nor fit for a terminal */
		if (lt_type_is_identifier(types->names[low])) {
			fprintf(stream, "%s\n", types->names[low]);
			count++;
		}
	}
	if (fclose(stream)) {
		free(text);
		return lt_fail(err, -ENOMEM, "types: out of memory");
	}
	*out = (lt_blob){ text, size };
	return (int)count;
}
