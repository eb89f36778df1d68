/* SPDX-License-Identifier: MIT
 *
 * A declaration in C reads from the name outwards, BTF from the outside to the base: what stands left of the name is
 * written on the way back from the base, what stands right of it on the way there.
 */
#include "type_text.h"
#include <ctype.h>
#include <string.h>

/* The kernel's own types do not come near; those of a damaged BTF end here. */
enum { MAX_DEPTH = 48 };

bool lt_type_is_identifier(const char *name)
{
	for (; *name; name++)
		if (!isascii(*name) || (!isalnum((unsigned char)*name) && !strchr("_.$", *name)))
			return false;
	return true;
}

static void put_char(struct lt_type_writer *writer, char c)
{
	fputc(c, writer->out);
	writer->column = c == '\n' ? 0 : writer->column + 1;
	writer->last = c;
}

void lt_type_put(struct lt_type_writer *writer, const char *text)
{
	while (*text)
		put_char(writer, *text++);
}

void lt_type_put_name(struct lt_type_writer *writer, const char *name)
{
	for (; *name; name++) {
		char escaped[8];

		/* "unsigned int" is a name as well */
		if (isascii(*name) && (isalnum((unsigned char)*name) || strchr("_.$ ", *name))) {
			put_char(writer, *name);
			continue;
		}
		snprintf(escaped, sizeof(escaped), "\\x%02x", (unsigned char)*name);
		lt_type_put(writer, escaped);
	}
}

/* Between two words. */
static void put_space(struct lt_type_writer *writer)
{
	if (!strchr(" *(", writer->last))
		put_char(writer, ' ');
}

const char *lt_type_keyword(const struct btf_type *type)
{
	if (btf_is_fwd(type))
		return btf_kflag(type) ? "union" : "struct";
	return btf_is_any_enum(type) ? "enum" : btf_is_union(type) ? "union" : "struct";
}

static void put_base(struct lt_type_writer *writer, const struct btf_type *type, uint32_t id)
{
	const char *name = btf__name_by_offset(writer->btf, type->name_off);

	if (!id) {
		lt_type_put(writer, "void");
	} else if (!btf_is_composite(type) && !btf_is_any_enum(type) && !btf_is_fwd(type)) {
		lt_type_put_name(writer, name);
	} else {
		lt_type_put(writer, lt_type_keyword(type));
		put_char(writer, ' ');
		if (*name)
			lt_type_put_name(writer, name);
		else if (writer->body && writer->depth < MAX_DEPTH)
			writer->body(writer, id);
		else
			lt_type_put(writer, "{ ... }");
	}
}

static bool needs_parentheses(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	return btf_is_array(type) || btf_is_func_proto(type);
}

static void put_qualifier(struct lt_type_writer *writer, const struct btf_type *type)
{
	if (btf_is_type_tag(type)) {
		lt_type_put(writer, "__");
		lt_type_put_name(writer, btf__name_by_offset(writer->btf, type->name_off));
	} else {
		lt_type_put(writer, btf_is_const(type) ? "const" : btf_is_volatile(type) ? "volatile" : "restrict");
	}
}

static void put_left(struct lt_type_writer *writer, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(writer->btf, id);

	if (writer->depth++ >= MAX_DEPTH) {
		lt_type_put(writer, "...");
	} else if (btf_is_ptr(type)) {
		uint64_t base = writer->base;

		writer->base = 0;
		put_left(writer, type->type);
		writer->base = base;
		put_space(writer);
		lt_type_put(writer, needs_parentheses(writer->btf, type->type) ? "(*" : "*");
	} else if (btf_is_mod(type) || btf_is_type_tag(type)) {
		/* a pointer that is constant, or a pointer to what is */
		if (btf_is_ptr(btf__type_by_id(writer->btf, type->type))) {
			put_left(writer, type->type);
			put_qualifier(writer, type);
		} else {
			put_qualifier(writer, type);
			put_char(writer, ' ');
			put_left(writer, type->type);
		}
	} else if (btf_is_array(type)) {
		put_left(writer, btf_array(type)->type);
	} else if (btf_is_func_proto(type)) {
		put_left(writer, type->type);
	} else {
		put_base(writer, type, id);
	}
	writer->depth--;
}

static void put_parameters(struct lt_type_writer *writer, const struct btf_type *proto)
{
	const struct btf_param *parameters = btf_params(proto);
	uint32_t count = btf_vlen(proto);
	/* a body would have to say where its members lie, and here they lie nowhere */
	void (*body)(struct lt_type_writer *, uint32_t) = writer->body;

	writer->body = NULL;
	put_char(writer, '(');
	for (uint32_t i = 0; i < count; i++) {
		lt_type_put(writer, i ? ", " : "");
		if (!parameters[i].type && i + 1 == count)
			lt_type_put(writer, "...");
		else
			lt_type_declare(writer, parameters[i].type, btf__name_by_offset(writer->btf, parameters[i].name_off));
	}
	lt_type_put(writer, count ? ")" : "void)");
	writer->body = body;
}

static void put_right(struct lt_type_writer *writer, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(writer->btf, id);
	char size[16];

	if (writer->depth++ >= MAX_DEPTH) {
		lt_type_put(writer, "...");
	} else if (btf_is_ptr(type)) {
		lt_type_put(writer, needs_parentheses(writer->btf, type->type) ? ")" : "");
		put_right(writer, type->type);
	} else if (btf_is_mod(type) || btf_is_type_tag(type)) {
		put_right(writer, type->type);
	} else if (btf_is_array(type)) {
		snprintf(size, sizeof(size), btf_array(type)->nelems ? "[%u]" : "[]", btf_array(type)->nelems);
		lt_type_put(writer, size);
		put_right(writer, btf_array(type)->type);
	} else if (btf_is_func_proto(type)) {
		put_parameters(writer, type);
		put_right(writer, type->type);
	}
	writer->depth--;
}

void lt_type_declare(struct lt_type_writer *writer, uint32_t id, const char *name)
{
	put_left(writer, id);
	if (*name) {
		put_space(writer);
		lt_type_put_name(writer, name);
	}
	put_right(writer, id);
}
