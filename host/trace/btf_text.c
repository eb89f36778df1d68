/* SPDX-License-Identifier: MIT
 *
 * An object's BTF as a person reads it: its types as C, then its functions and its variables by section.
 */
#include "object.h"
#include <bpf/btf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void write_part(void *stream, const char *format, va_list args)
{
	vfprintf(stream, format, args);
}

static int write_declaration(struct btf_dump *dump, FILE *stream, const char *name, uint32_t type)
{
	LIBBPF_OPTS(btf_dump_emit_type_decl_opts, opts, .field_name = name);
	int code = btf_dump__emit_type_decl(dump, type, &opts);

	fputs(";\n", stream);
	return code;
}

static int write_types(struct btf_dump *dump, const struct btf *btf)
{
	int code = 0;

	for (uint32_t id = 1; id < btf__type_cnt(btf) && !code; id++)
		code = btf_dump__dump_type(dump, id);
	return code;
}

static int write_functions(struct btf_dump *dump, const struct btf *btf, FILE *stream)
{
	int code = 0;

	for (uint32_t id = 1; id < btf__type_cnt(btf) && !code; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_func(type))
			code = write_declaration(dump, stream, btf__name_by_offset(btf, type->name_off), type->type);
	}
	return code;
}

static int write_section(struct btf_dump *dump, const struct btf *btf, const struct btf_type *section, FILE *stream)
{
	const struct btf_var_secinfo *entry = btf_var_secinfos(section);
	int code = 0;

	fprintf(stream, "\n/* section %s, %u bytes */\n", btf__name_by_offset(btf, section->name_off), section->size);
	for (int i = 0; i < btf_vlen(section) && !code; i++, entry++) {
		const struct btf_type *variable = btf__type_by_id(btf, entry->type);

		fprintf(stream, "/* %u: */ ", entry->offset);
		code = write_declaration(dump, stream, btf__name_by_offset(btf, variable->name_off), variable->type);
	}
	return code;
}

static int write_all(const struct btf *btf, FILE *stream)
{
	struct btf_dump *dump = btf_dump__new(btf, write_part, stream, NULL);
	int code = dump ? write_types(dump, btf) : -errno;

	if (!code) {
		fputs("\n/* functions */\n", stream);
		code = write_functions(dump, btf, stream);
	}
	for (uint32_t id = 1; id < btf__type_cnt(btf) && !code; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_datasec(type))
			code = write_section(dump, btf, type, stream);
	}
	btf_dump__free(dump);
	return code;
}

int lt_object_btf_text(const lt_object *object, lt_blob *out, lt_error *err)
{
	size_t size = 0;
	char *text = NULL;
	FILE *stream;
	int code;

	*out = (lt_blob){ 0 };
	if (!object->btf)
		return lt_fail(err, -ENOENT, "object: it has no BTF");
	stream = open_memstream(&text, &size);
	if (!stream)
		return lt_fail(err, -errno, "object: out of memory");
	code = write_all(object->btf, stream);
	if (fclose(stream) && !code)
		code = -errno;
	*out = (lt_blob){ text, size };
	if (!code)
		return 0;
	lt_blob_free(out);
	return lt_fail(err, code, "object: its BTF can't be shown: %s", strerror(-code));
}
