/* SPDX-License-Identifier: MIT
 *
 * A type's definition, and where in it each member lies.
 */
#include "types.h"
#include "type_text.h"
#include <inttypes.h>
#include <string.h>

enum {
	INDENT = 4,
	PLACES = 56,		/* the column where it says where members lie */
	LINE = 64,		/* of the cache, on x86-64 and arm64 */
	TYPEDEFS = 16,		/* of typedefs, one after the other */
};

struct layout {
	struct lt_type_writer writer;
	uint32_t indent;
	bool titled;		/* above the places stands what they are */
	uint32_t holes;
	uint64_t hole_bits;
};

static void start_line(struct layout *layout)
{
	for (uint32_t i = 0; i < layout->indent; i++)
		lt_type_put(&layout->writer, " ");
}

static void end_line(struct layout *layout, const char *comment)
{
	struct lt_type_writer *writer = &layout->writer;

	do
		lt_type_put(writer, " ");
	while (writer->column < PLACES);
	lt_type_put(writer, "/* ");
	lt_type_put(writer, comment);
	lt_type_put(writer, " */\n");
}

/* "1216:3   :1" of bits, "1216    8" of bytes. */
static void end_with_place(struct layout *layout, uint64_t offset, uint64_t bits, bool is_bits, const char *what)
{
	char start[24], size[24], text[96];

	snprintf(start, sizeof(start), is_bits ? "%" PRIu64 ":%u" : "%" PRIu64 "  ", offset / 8, (unsigned)(offset % 8));
	snprintf(size, sizeof(size), is_bits ? ":%" PRIu64 : "%" PRIu64, is_bits ? bits : bits / 8);
	snprintf(text, sizeof(text), "%8s %6s%s", start, size, what);
	end_line(layout, text);
}

static void put_hole(struct layout *layout, uint64_t from, uint64_t to, const char *what)
{
	uint64_t whole = (from + 7) / 8 * 8;	/* bits up to the next byte, then bytes */

	if (from >= to)
		return;
	layout->holes++;
	layout->hole_bits += to - from;
	if (whole > to)
		whole = to;
	if (whole > from)
		end_with_place(layout, from, whole - from, true, what);
	from = whole;
	whole = to / 8 * 8;
	if (whole > from)
		end_with_place(layout, from, whole - from, false, what);
	else
		whole = from;
	if (to > whole)
		end_with_place(layout, whole, to - whole, true, what);
}

static uint64_t size_of(const struct btf *btf, uint32_t id)
{
	int64_t size = btf__resolve_size(btf, id);

	return size > 0 ? (uint64_t)size * 8 : 0;
}

/* Bits. Before kernel 4.20's flag, the type of a bit-field said how wide it is. */
static uint32_t field_bits(const struct btf *btf, const struct btf_type *type, uint32_t index)
{
	const struct btf_type *own = btf__type_by_id(btf, lt_type_strip(btf, btf_members(type)[index].type));
	uint32_t bits = btf_member_bitfield_size(type, index);

	if (bits || btf_kflag(type) || !btf_is_int(own))
		return bits;
	return btf_int_bits(own) != own->size * 8 ? btf_int_bits(own) : 0;
}

static void write_member(struct layout *layout, const struct btf_type *type, uint32_t index, uint64_t offset,
			 uint32_t bits)
{
	struct lt_type_writer *writer = &layout->writer;
	const struct btf_member *member = &btf_members(type)[index];
	char width[16];

	start_line(layout);
	writer->base = offset;
	lt_type_declare(writer, member->type, btf__name_by_offset(writer->btf, member->name_off));
	snprintf(width, sizeof(width), bits ? ":%u;" : ";", bits);
	lt_type_put(writer, width);
	end_with_place(layout, offset, bits ? bits : size_of(writer->btf, member->type), bits, "");
}

static void write_members(struct layout *layout, const struct btf_type *type, uint64_t base)
{
	uint64_t end = base;

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint64_t offset = base + btf_member_bit_offset(type, i), after;
		uint32_t bits = field_bits(layout->writer.btf, type, i);

		after = offset + (bits ? bits : size_of(layout->writer.btf, btf_members(type)[i].type));
		if (!btf_is_union(type))
			put_hole(layout, end, offset, "  hole");
		write_member(layout, type, i, offset, bits);
		end = after > end ? after : end;
	}
	put_hole(layout, end, base + type->size * 8ull, "  padding");
}

static void write_values(struct layout *layout, const struct btf_type *type)
{
	struct lt_type_writer *writer = &layout->writer;
	bool is_signed = btf_kflag(type);

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint64_t value = btf_is_enum64(type) ? btf_enum64_value(&btf_enum64(type)[i]) :
				 is_signed ? (uint64_t)btf_enum(type)[i].val : (uint32_t)btf_enum(type)[i].val;
		uint32_t name = btf_is_enum64(type) ? btf_enum64(type)[i].name_off : btf_enum(type)[i].name_off;
		char text[40];

		start_line(layout);
		lt_type_put_name(writer, btf__name_by_offset(writer->btf, name));
		snprintf(text, sizeof(text), is_signed ? " = %" PRId64 ",\n" : " = %" PRIu64 ",\n", value);
		lt_type_put(writer, text);
	}
}

static void write_body(struct lt_type_writer *writer, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(writer->btf, id);
	struct layout *layout = writer->body_data;
	uint64_t base = writer->base;

	lt_type_put(writer, "{");
	if (layout->titled || btf_is_any_enum(type))
		lt_type_put(writer, "\n");
	else
		end_line(layout, "offset     size");
	layout->titled = true;
	layout->indent += INDENT;
	if (btf_is_any_enum(type))
		write_values(layout, type);
	else
		write_members(layout, type, base);
	layout->indent -= INDENT;
	start_line(layout);
	lt_type_put(writer, "}");
	writer->base = base;
}

static void put_summary(struct layout *layout, const struct btf_type *type)
{
	char text[160];
	int used;

	used = snprintf(text, sizeof(text), "/* %u byte%s", type->size, type->size == 1 ? "" : "s");
	if (btf_is_composite(type))
		used += snprintf(text + used, sizeof(text) - used, ", %u cacheline%s of %d bytes, %u member%s",
				 (type->size + LINE - 1) / LINE, type->size > LINE ? "s" : "", LINE, btf_vlen(type),
				 btf_vlen(type) == 1 ? "" : "s");
	if (layout->holes)
		used += snprintf(text + used, sizeof(text) - used, ", %u hole%s of %" PRIu64 " %s", layout->holes,
				 layout->holes == 1 ? "" : "s", layout->hole_bits % 8 ? layout->hole_bits : layout->hole_bits / 8,
				 layout->hole_bits % 8 ? "bits" : layout->hole_bits == 8 ? "byte" : "bytes");
	snprintf(text + used, sizeof(text) - used, " */\n");
	lt_type_put(&layout->writer, text);
}

static void define_tag(struct layout *layout, const struct btf_type *type, uint32_t id)
{
	struct lt_type_writer *writer = &layout->writer;

	lt_type_put(writer, lt_type_keyword(type));
	lt_type_put(writer, " ");
	lt_type_put_name(writer, btf__name_by_offset(writer->btf, type->name_off));
	lt_type_put(writer, " ");
	write_body(writer, id);
	lt_type_put(writer, ";\n");
	put_summary(layout, type);
}

static void define_scalar(struct layout *layout, const struct btf_type *type)
{
	char text[80];

	lt_type_put_name(&layout->writer, btf__name_by_offset(layout->writer.btf, type->name_off));
	lt_type_put(&layout->writer, ";");
	snprintf(text, sizeof(text), " /* %u byte%s, %s */\n", type->size, type->size == 1 ? "" : "s",
		 btf_is_float(type) ? "floating point" : btf_int_encoding(type) & BTF_INT_SIGNED ? "signed" : "unsigned");
	lt_type_put(&layout->writer, text);
}

/* Typedefs down to what they stand for, which is defined too. */
static void define_typedef(const struct lt_types *types, struct layout *layout, struct lt_type_ref ref, int depth)
{
	struct lt_type_writer *writer = &layout->writer;
	const struct btf_type *type = btf__type_by_id(writer->btf, ref.id), *base;
	char text[48];

	writer->base = 0;
	lt_type_put(writer, "typedef ");
	lt_type_declare(writer, type->type, btf__name_by_offset(writer->btf, type->name_off));
	lt_type_put(writer, ";");
	ref.id = lt_type_skip_qualifiers(writer->btf, type->type);
	base = btf__type_by_id(writer->btf, ref.id);
	if (btf_is_typedef(base) && depth < TYPEDEFS) {
		lt_type_put(writer, "\n");
		define_typedef(types, layout, ref, depth + 1);
	} else if ((btf_is_composite(base) || btf_is_any_enum(base)) && !base->name_off) {
		lt_type_put(writer, "\n");
		put_summary(layout, base);
	} else if (btf_is_composite(base) || btf_is_any_enum(base) || btf_is_fwd(base)) {
		lt_type_put(writer, "\n");
		lt_type_define(types, ref, writer->out);
	} else {
		uint64_t size = size_of(writer->btf, ref.id) / 8;

		snprintf(text, sizeof(text), size ? " /* %" PRIu64 " byte%s */\n" : "\n", size, size == 1 ? "" : "s");
		lt_type_put(writer, text);
	}
}

void lt_type_define(const struct lt_types *types, struct lt_type_ref ref, FILE *out)
{
	bool defined = lt_types_define(types, &ref);
	struct layout layout = { .writer = { .out = out, .btf = types->parts[ref.part].btf, .body = write_body } };
	struct lt_type_writer *writer = &layout.writer;
	const struct btf_type *type = btf__type_by_id(writer->btf, ref.id);

	writer->body_data = &layout;
	if (!defined) {
		lt_type_put(writer, lt_type_keyword(type));
		lt_type_put(writer, " ");
		lt_type_put_name(writer, btf__name_by_offset(writer->btf, type->name_off));
		lt_type_put(writer, "; /* declared only: neither the kernel nor a loaded module has more of it */\n");
	} else if (btf_is_typedef(type)) {
		define_typedef(types, &layout, ref, 0);
	} else if (btf_is_func(type) || btf_is_var(type)) {
		lt_type_declare(writer, type->type, btf__name_by_offset(writer->btf, type->name_off));
		lt_type_put(writer, btf_is_var(type) ? "; /* a variable */\n" : ";\n");
	} else if (btf_is_composite(type) || btf_is_any_enum(type)) {
		define_tag(&layout, type, ref.id);
	} else {
		define_scalar(&layout, type);
	}
}
