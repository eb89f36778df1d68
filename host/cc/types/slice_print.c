/* SPDX-License-Identifier: MIT
 *
 * Types of the slice as C. A struct's members come out at exactly BTF's offsets: what C's own rules would not give
 * is padded or packed. Qualifiers are dropped; function pointers and enums the text does not use become plain
 * pointers and integers.
 */
#include "slice.h"
#include "text/kernel_names.h"
#include "text/relocatable.h"
#include <stdio.h>
#include <string.h>

/* Bounds on BTF that is not well-formed, where types contain themselves or double at each level. A kernel's types
 * nest some 20 deep, and all of them are 4 MB of C. */
enum { MAX_DEPTH = 256, MAX_SLICE = 32 << 20 };

static void print_definition(struct slice *slice, uint32_t id, struct text *out);

static void enter(struct slice *slice, const struct text *out)
{
	if (++slice->depth > MAX_DEPTH)
		die("kernel BTF: it is not well-formed: its types nest more than %d deep", MAX_DEPTH);
	if (out->size > MAX_SLICE)
		die("kernel BTF: it is not well-formed: its types are more than %d MB of C", MAX_SLICE >> 20);
}

static void leave(struct slice *slice)
{
	slice->depth--;
}

/* What must stand before a use of `id`: by value everything, behind a pointer only typedefs. */
static void print_needed(struct slice *slice, uint32_t id, bool by_value, struct text *out)
{
	for (int i = 0; id && i < 64; i++) {
		const struct btf_type *type = btf_at(slice->btf, id);

		switch (btf_kind_of(type)) {
		case BTF_KIND_TYPEDEF:
			if (slice_keeps_typedef(slice, id)) {
				print_definition(slice, id, out);
				if (!by_value)
					return;
			}
			id = type->type;
			break;
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = type->type;
			break;
		case BTF_KIND_ARRAY:
			id = ((const struct btf_array *)(type + 1))->type;
			break;
		case BTF_KIND_PTR:
			by_value = false;
			id = type->type;
			break;
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			if (by_value) {
				slice_want(slice, id);
				print_definition(slice, id, out);
			}
			return;
		default:
			return;
		}
	}
}

static const char *integer_name(uint32_t size, bool is_signed)
{
	switch (size) {
	case 1: return is_signed ? "signed char" : "unsigned char";
	case 2: return is_signed ? "short" : "unsigned short";
	case 8: return is_signed ? "long long" : "unsigned long long";
	default: return is_signed ? "int" : "unsigned int";
	}
}

static void print_name(struct slice *slice, uint32_t id, struct text *out)
{
	text_printf(out, " %s", btf_string(slice->btf, btf_at(slice->btf, id)->name_off));
	if (slice->state[id] & SLICE_RENAMED)
		text_printf(out, "___%u", id);
}

static void print_tag(struct slice *slice, uint32_t id, struct text *out)
{
	const struct btf_type *type = btf_at(slice->btf, id);

	text_add(out, btf_is_enumeration(type) ? "enum" : btf_kind_of(type) == BTF_KIND_UNION ? "union" : "struct");
	print_name(slice, id, out);
}

/* `declarator` is what C calls one: the name with its stars and brackets. */
static void print_declaration(struct slice *slice, uint32_t id, const char *declarator, int indent, struct text *out)
{
	const struct btf_type *type = id ? btf_at(slice->btf, id) : NULL;
	const char *name = type ? btf_string(slice->btf, type->name_off) : "";
	struct text inner = { 0 };

	if (!type) {
		text_printf(out, "void %s", declarator);
		return;
	}
	enter(slice, out);
	switch (btf_kind_of(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
		text_printf(out, "%s %s", name, declarator);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (*name && slice_wanted(slice, id)) {
			print_tag(slice, id, out);
			text_printf(out, " %s", declarator);
		} else {
			text_printf(out, "%s %s", integer_name(type->size, BTF_INFO_KFLAG(type->info)), declarator);
		}
		break;
	case BTF_KIND_PTR: {
		uint32_t target = btf_resolve(slice->btf, type->type);
		uint32_t kind = target ? btf_kind_of(btf_at(slice->btf, target)) : BTF_KIND_UNKN;
		uint32_t direct = btf_skip_modifiers(slice->btf, type->type);

		if (kind == BTF_KIND_FUNC_PROTO || kind == BTF_KIND_UNKN)
			text_printf(out, "void *%s", declarator);
		else if (kind == BTF_KIND_ARRAY &&
			 !(btf_kind_of(btf_at(slice->btf, direct)) == BTF_KIND_TYPEDEF && slice_keeps_typedef(slice, direct))) {
			text_printf(&inner, "(*%s)", declarator);
			print_declaration(slice, type->type, inner.data, indent, out);
		} else {
			text_printf(&inner, "*%s", declarator);
			print_declaration(slice, type->type, inner.data, indent, out);
		}
		break;
	}
	case BTF_KIND_ARRAY: {
		const struct btf_array *array = (const void *)(type + 1);

		text_printf(&inner, "%s[%u]", declarator, array->nelems);
		print_declaration(slice, array->type, inner.data, indent, out);
		break;
	}
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (*name) {
			print_tag(slice, id, out);
		} else {
			text_add(out, btf_kind_of(type) == BTF_KIND_UNION ? "union" : "struct");
			slice_print_members(slice, type, indent, out);
			if (slice->relocating && !indent)
				text_add(out, RELOCATABLE);
		}
		text_printf(out, " %s", declarator);
		break;
	case BTF_KIND_FWD:
		text_printf(out, "%s %s %s", BTF_INFO_KFLAG(type->info) ? "union" : "struct", name, declarator);
		break;
	case BTF_KIND_TYPEDEF:
		if (slice_keeps_typedef(slice, id)) {
			text_printf(out, "%s %s", name, declarator);
			break;
		}
		/* fallthrough */
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		print_declaration(slice, type->type, declarator, indent, out);
		break;
	case BTF_KIND_FUNC_PROTO:
		text_printf(out, "void (%s)(void)", declarator);
		break;
	default:
		text_printf(out, "char %s", declarator);
	}
	leave(slice);
	text_free(&inner);
}

void slice_print_declaration(struct slice *slice, uint32_t id, const char *name, struct text *out)
{
	print_declaration(slice, id, name, 0, out);
}

static void print_indent(struct text *out, int indent)
{
	for (int i = 0; i < indent; i++)
		text_add(out, "\t");
}

/* Moves from bit `from` to bit `to` with members that C places without gaps of its own. */
static void print_padding(struct slice *slice, uint64_t from, uint64_t to, int indent, struct text *out)
{
	uint64_t byte = (from + 7) / 8 * 8;

	if (byte > to)
		byte = to;
	if (from < byte) {
		print_indent(out, indent);
		text_printf(out, "unsigned char :%u;\n", (unsigned)(byte - from));
	}
	if (to / 8 > byte / 8) {
		print_indent(out, indent);
		text_printf(out, "char __lt_pad%u[%llu];\n", slice->pads++, (unsigned long long)(to / 8 - byte / 8));
		byte = to / 8 * 8;
	}
	if (byte < to) {
		print_indent(out, indent);
		text_printf(out, "unsigned char :%u;\n", (unsigned)(to - byte));
	}
}

/* Where C puts the next member when it stands at bit `at`. */
static uint64_t next_place(const struct kernel_btf *btf, const struct btf_member *member, struct btf_field field,
			   uint64_t at, bool packed)
{
	uint64_t unit = field.bits ? btf_size(btf, member->type) * 8 : btf_alignment(btf, member->type) * 8ull;

	if (field.bits) {
		if (!packed && unit && at % unit + field.bits > unit)
			at = (at + unit - 1) / unit * unit;
		return at;
	}
	if (packed)
		unit = 8;
	return (at + unit - 1) / unit * unit;
}

static bool must_pack(const struct kernel_btf *btf, const struct btf_type *type)
{
	const struct btf_member *members = (const void *)(type + 1);
	uint32_t count = BTF_INFO_VLEN(type->info), largest = 1;
	uint64_t at = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct btf_field field = btf_field(type, &members[i]);
		uint32_t own = btf_alignment(btf, members[i].type);

		if (own > largest)
			largest = own;
		if (btf_kind_of(type) == BTF_KIND_UNION)
			continue;
		if (next_place(btf, &members[i], field, at, false) > field.offset || (!field.bits && field.offset % (own * 8ull)))
			return true;
		at = field.offset + (field.bits ? field.bits : btf_size(btf, members[i].type) * 8);
	}
	return type->size % largest;
}

void slice_print_members(struct slice *slice, const struct btf_type *type, int indent, struct text *out)
{
	const struct kernel_btf *btf = slice->btf;
	const struct btf_member *members = (const void *)(type + 1);
	bool packed = must_pack(btf, type), is_union = btf_kind_of(type) == BTF_KIND_UNION;
	uint64_t at = 0, largest = 0;
	uint32_t alignment = 1;

	text_add(out, " {\n");
	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		struct btf_field field = btf_field(type, &members[i]);
		uint64_t bits = field.bits ? field.bits : btf_size(btf, members[i].type) * 8;
		uint32_t own = packed ? 1 : btf_alignment(btf, members[i].type);

		if (!is_union && next_place(btf, &members[i], field, at, packed) != field.offset)
			print_padding(slice, at, field.offset, indent + 1, out);
		print_indent(out, indent + 1);
		print_declaration(slice, members[i].type, btf_string(btf, members[i].name_off), indent + 1, out);
		if (field.bits)
			text_printf(out, ":%u", field.bits);
		text_add(out, ";\n");
		at = field.offset + bits;
		if (at > largest)
			largest = at;
		if (own > alignment)
			alignment = own;
	}
	if ((largest + alignment * 8 - 1) / (alignment * 8) * alignment < type->size)
		print_padding(slice, is_union ? 0 : largest, type->size * 8ull, indent + 1, out);
	print_indent(out, indent);
	text_add(out, packed ? "} __attribute__((packed))" : "}");
}

/* An interface to user space, which stays as it is. */
static bool is_interface(const char *key)
{
	const struct kernel_name *entry = kernel_find(key, name_hash(key, strlen(key)));

	return entry && *kernel_header_of(entry);
}

static bool is_relocatable(const struct slice *slice, const struct btf_type *type)
{
	const char *name = btf_string(slice->btf, type->name_off);
	char key[256];

	if (btf_kind_of(type) == BTF_KIND_TYPEDEF) {
		uint32_t base = btf_skip_modifiers(slice->btf, type->type);

		/* one with a tag is what it is by that */
		return !is_interface(name) && base && btf_is_struct_or_union(btf_at(slice->btf, base)) &&
		       !btf_at(slice->btf, base)->name_off;
	}
	return (size_t)snprintf(key, sizeof(key), "struct %s", name) < sizeof(key) && !is_interface(key);
}

/* Follows the name of an enumerator, and is no part of it in a relocation. */
#define ASKED "___lt"

/* In C an enumerator is an int where that has its value, whatever the others of its enum are. */
static const char *enumerator_type(const struct btf_type *type, long long value)
{
	bool is_signed = BTF_INFO_KFLAG(type->info);

	if (value <= INT32_MAX && value >= (is_signed ? INT32_MIN : 0))
		return "int";
	return integer_name(btf_kind_of(type) == BTF_KIND_ENUM64 ? 8 : 4, is_signed);
}

/* Its name stands for what it is where the object is loaded; for bpf/dialect/core.h it has another one. False: it can't
 * wait until then. */
static bool relocate_enumerator(struct slice *slice, uint32_t id, const char *name, long long value, struct text *out)
{
	const struct btf_type *type = btf_at(slice->btf, id);
	const char *tag = btf_string(slice->btf, type->name_off);
	const struct name *used = names_find(slice->names, name);
	struct text own = { 0 };

	/* a macro would also replace a member of that name */
	if (!slice->assumed || !used || is_interface(name) || !strcmp(name, "true") || !strcmp(name, "false"))
		return false;
	if (used->flags & (NAME_MEMBER | NAME_FIXED)) {
		/* what was a macro in older kernels, with the same value */
		bool was_macro = kernel_find(name, used->hash);

		text_printf(slice->assumed, "%s\t%s\t%lld\t0\n", was_macro ? "macro" : "enumerator", name, value);
		return false;
	}
	if (!*tag)
		text_printf(&own, LT_NAMELESS_ENUM "%u", id);
	else
		print_name(slice, id, &own);
	/* a name has a space ahead */
	relocatable_print_macro(own.data + !!*tag, name, name, enumerator_type(type, value), out);
	text_printf(out, "#define __LT_ASKED_%s , %s" ASKED "\n", name, name);
	text_free(&own);
	return true;
}

static long long enumerator_value(const struct btf_type *type, const uint32_t *at)
{
	if (btf_kind_of(type) == BTF_KIND_ENUM64)
		return (long long)((uint64_t)at[2] << 32 | at[1]);
	return BTF_INFO_KFLAG(type->info) ? (int)at[1] : (long long)at[1];
}

static void print_enumerators(struct slice *slice, uint32_t id, struct text *out)
{
	const struct btf_type *type = btf_at(slice->btf, id);
	bool wide = btf_kind_of(type) == BTF_KIND_ENUM64, is_signed = BTF_INFO_KFLAG(type->info);
	const uint32_t *at = (const void *)(type + 1);
	struct text macros = { 0 };
	bool any = false;

	/* what is left of an enum must have the whole one's size and sign */
	if (type->size < 4)
		text_add(out, "enum __attribute__((packed))");
	else
		text_add(out, "enum");
	if (type->name_off)
		print_name(slice, id, out);
	else if (slice->assumed)
		text_printf(out, " " LT_NAMELESS_ENUM "%u", id);
	text_add(out, " {");
	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++, at += wide ? 3 : 2) {
		const char *name = btf_string(slice->btf, at[0]);
		const struct name *used = names_find(slice->names, name);
		bool relocates;

		if (!*name || !used || !(used->flags & NAME_PLAIN) || (used->flags & (NAME_DEFINED | NAME_MACRO)))
			continue;
		any = true;
		relocates = relocate_enumerator(slice, id, name, enumerator_value(type, at), &macros);
		if (wide)
			text_printf(out, " %s = %s%#llx%s,", name, is_signed ? "(long long)" : "",
				    (unsigned long long)at[2] << 32 | at[1], is_signed ? "LL" : "ULL");
		else if (is_signed)
			text_printf(out, " %s = %d,", name, (int)at[1]);
		else
			text_printf(out, " %s = %uu,", name, at[1]);
		if (relocates)
			text_printf(out, " %s" ASKED " = %s,", name, name);
	}
	if (is_signed)
		text_printf(out, " __lt_sign_%u = -1,", id);
	if (type->size == 2 || type->size == 8)
		text_printf(out, " __lt_size_%u = %s,", id, type->size == 2 ? "256" : is_signed ? "1LL << 32" : "1ULL << 32");
	else if (!any && !is_signed)
		text_printf(out, " __lt_none_%u = 0", id);
	text_add(out, " };\n");
	text_add(out, macros.data ? macros.data : "");
	text_free(&macros);
}

/* For tests (-DLT_CHECK_SLICE): the compiler confirms the size and every offset. */
static void print_checks(struct slice *slice, uint32_t id, struct text *out)
{
	const struct btf_type *type = btf_at(slice->btf, id);
	const struct btf_member *members = (const void *)(type + 1);

	text_add(out, "_Static_assert(sizeof(");
	print_tag(slice, id, out);
	text_printf(out, ") == %u, \"\");\n", type->size);
	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		struct btf_field field = btf_field(type, &members[i]);
		const char *name = btf_string(slice->btf, members[i].name_off);

		if (field.bits || !*name)
			continue;
		text_add(out, "_Static_assert(__builtin_offsetof(");
		print_tag(slice, id, out);
		text_printf(out, ", %s) == %u, \"\");\n", name, field.offset / 8);
	}
}

static void print_definition(struct slice *slice, uint32_t id, struct text *out)
{
	const struct btf_type *type = btf_at(slice->btf, id);
	const struct btf_member *members = (const void *)(type + 1);
	const char *name = btf_string(slice->btf, type->name_off);
	uint32_t kind = btf_kind_of(type);

	if (slice->state[id] & (SLICE_PRINTING | SLICE_PRINTED))
		return;
	slice->state[id] |= SLICE_PRINTING;
	enter(slice, out);
	if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) {
		for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++)
			print_needed(slice, members[i].type, true, out);
		if (*name) {
			print_tag(slice, id, out);
			if (!slice_print_aliased(slice, id, out))
				slice_print_members(slice, type, 0, out);
			text_add(out, slice->assumed && is_relocatable(slice, type) ? RELOCATABLE ";\n" : ";\n");
			if (slice->check)
				print_checks(slice, id, out);
		}
	} else if (kind == BTF_KIND_TYPEDEF) {
		print_needed(slice, type->type, true, out);
		text_add(out, "typedef ");
		slice->relocating = slice->assumed && is_relocatable(slice, type);
		print_declaration(slice, type->type, name, 0, out);
		slice->relocating = false;
		text_add(out, ";\n");
	}
	leave(slice);
	slice->state[id] |= SLICE_PRINTED;
}

/* A struct of the text's own that is first named within one of the kernel's would be taken for the kernel's. */
static void declare_own_tags(const struct slice *slice, struct text *out)
{
	struct names seen = { 0 };

	for (uint32_t i = 0; i < slice->matches->count; i++) {
		const struct btf_type *type = btf_at(slice->btf, slice->matches->ids[i]);
		const char *tag = btf_string(slice->btf, type->name_off);
		const struct name *name = btf_is_struct_or_union(type) ? names_find(slice->names, tag) : NULL;

		if (!name || !(name->flags & NAME_TAG_DEFINED) || names_find(&seen, tag))
			continue;
		names_add(&seen, tag, strlen(tag), 0);
		text_printf(out, "%s %s;\n", btf_kind_of(type) == BTF_KIND_UNION ? "union" : "struct", tag);
	}
	names_free(&seen);
}

void slice_print_types(struct slice *slice, struct text *out)
{
	if (slice->assumed)
		declare_own_tags(slice, out);
	/* enums first: C has no forward declaration of them */
	for (uint32_t id = 1; id < slice->btf->count; id++)
		if (slice_wanted(slice, id) && btf_is_enumeration(btf_at(slice->btf, id)))
			print_enumerators(slice, id, out);
	for (uint32_t id = 1; id < slice->btf->count; id++)
		if (slice_wanted(slice, id) && !btf_is_enumeration(btf_at(slice->btf, id)))
			print_definition(slice, id, out);
}
