/* SPDX-License-Identifier: MIT
 *
 * Rust's second mangling ("v0", RFC 2603): a grammar, with references back into the name. Shown without the hashes of
 * crates; a name in punycode stays so.
 */
#include "rust_reader.h"
#include <stdio.h>
#include <string.h>

static void path(struct reader *r, bool in_value);
static void type(struct reader *r);
static void constant(struct reader *r);

/* ---- lifetimes ------------------------------------------------------------------------------------------------- */

static void put_lifetime(struct reader *r, uint64_t index)
{
	uint64_t depth = r->lifetimes - index;
	char letter = (char)('a' + depth % 26);

	/* What is not read aloud binds none. */
	if (r->silent)
		return;
	if (index > r->lifetimes) {
		r->failed = true;
		return;
	}
	put(r, "'");
	if (!index) {
		put(r, "_");
	} else if (depth < 26) {
		write_text(r, &letter, 1);
	} else {
		put(r, "_");
		put_number(r, depth);
	}
}

/* "for<'a, 'b> ". Returns how many lifetimes it binds; the caller takes them away again. */
static uint64_t binder(struct reader *r)
{
	uint64_t count = tagged(r, 'G');

	if (!count || r->silent)
		return 0;
	put(r, "for<");
	for (uint64_t i = 0; i < count && !r->failed; i++) {
		if (i)
			put(r, ", ");
		r->lifetimes++;
		put_lifetime(r, 1);
	}
	put(r, "> ");
	return count;
}

/* ---- paths ----------------------------------------------------------------------------------------------------- */

static void path_as_value(struct reader *r)
{
	path(r, true);
}

static void path_as_type(struct reader *r)
{
	path(r, false);
}

static void generic_argument(struct reader *r)
{
	if (eat(r, 'L'))
		put_lifetime(r, base62(r));
	else if (eat(r, 'K'))
		constant(r);
	else
		type(r);
}

/* Where an impl block stands: of no interest, its type says it. */
static void skip_impl_path(struct reader *r)
{
	bool was_silent = r->silent;

	r->silent = true;
	tagged(r, 's');
	path(r, false);
	r->silent = was_silent;
}

static void nested_path(struct reader *r, bool in_value)
{
	char space = next(r);
	uint64_t number;
	struct identifier id;

	path(r, in_value);
	number = tagged(r, 's');
	id = identifier(r);
	if (space >= 'A' && space <= 'Z') {
		put(r, "::{");
		if (space == 'C' || space == 'S')
			put(r, space == 'C' ? "closure" : "shim");
		else
			write_text(r, &space, 1);
		put(r, id.length ? ":" : "");
		put_identifier(r, id);
		put(r, "#");
		put_number(r, number);
		put(r, "}");
	} else if (id.length) {
		put(r, "::");
		put_identifier(r, id);
	}
}

static void path(struct reader *r, bool in_value)
{
	char tag = next(r);

	if (!enter(r))
		return;
	switch (tag) {
	case 'C':	/* a crate */
		tagged(r, 's');
		put_identifier(r, identifier(r));
		break;
	case 'N':
		nested_path(r, in_value);
		break;
	case 'M':	/* <T>, <T as Trait>, the latter also outside of an impl */
	case 'X':
	case 'Y':
		if (tag != 'Y')
			skip_impl_path(r);
		put(r, "<");
		type(r);
		if (tag != 'M') {
			put(r, " as ");
			path(r, false);
		}
		put(r, ">");
		break;
	case 'I':
		path(r, in_value);
		put(r, in_value ? "::<" : "<");
		list(r, generic_argument, ", ");
		put(r, ">");
		break;
	case 'B':
		reference(r, in_value ? path_as_value : path_as_type);
		break;
	default:
		r->failed = true;
	}
	r->depth--;
}

/* ---- types ----------------------------------------------------------------------------------------------------- */

static const char *basic_type(char tag)
{
	static const char *const names['z' - 'a' + 1] = {
		"i8", "bool", "char", "f64", "str", "f32", NULL, "u8", "isize", "usize", NULL, "i32", "u32",
		"i128", "u128", "_", NULL, NULL, "i16", "u16", "()", "...", NULL, "i64", "u64", "!",
	};

	return tag >= 'a' && tag <= 'z' ? names[tag - 'a'] : NULL;
}

static void function_type(struct reader *r)
{
	uint64_t bound = binder(r);
	struct identifier abi = { 0 };

	put(r, eat(r, 'U') ? "unsafe " : "");
	if (eat(r, 'K')) {
		abi = eat(r, 'C') ? (struct identifier){ .text = "C", .length = 1 } : identifier(r);
		put(r, "extern \"");
		/* The dashes of "system-unwind" are underscores there. */
		for (size_t i = 0; i < abi.length && !r->failed; i++)
			write_text(r, abi.text[i] == '_' ? "-" : abi.text + i, 1);
		put(r, "\" ");
	}
	put(r, "fn(");
	list(r, type, ", ");
	put(r, ")");
	if (!eat(r, 'u')) {
		put(r, " -> ");
		type(r);
	}
	r->lifetimes -= bound;
}

/* A path; true when its generic arguments are left open, for "Item = T" to follow. */
static bool open_path(struct reader *r)
{
	bool open = false;

	if (!enter(r))
		return false;
	if (eat(r, 'B')) {
		size_t tag = r->at - 1;
		uint64_t target = base62(r);
		size_t here = r->at;

		if (r->failed || target >= tag) {
			r->failed = true;
		} else if (!r->silent) {
			r->at = (size_t)target;
			open = open_path(r);
			r->at = here;
		}
	} else if (eat(r, 'I')) {
		path(r, false);
		put(r, "<");
		list(r, generic_argument, ", ");
		open = true;
	} else {
		path(r, false);
	}
	r->depth--;
	return open;
}

static void dyn_trait(struct reader *r)
{
	bool open = open_path(r);

	while (!r->failed && eat(r, 'p')) {
		put(r, open ? ", " : "<");
		open = true;
		put_identifier(r, identifier(r));
		put(r, " = ");
		type(r);
	}
	put(r, open ? ">" : "");
}

static void dyn_type(struct reader *r)
{
	uint64_t bound, lifetime;

	put(r, "dyn ");
	bound = binder(r);
	list(r, dyn_trait, " + ");
	r->lifetimes -= bound;
	if (!eat(r, 'L'))
		r->failed = true;
	lifetime = base62(r);
	if (lifetime) {
		put(r, " + ");
		put_lifetime(r, lifetime);
	}
}

static void reference_type(struct reader *r, bool mutable)
{
	uint64_t lifetime = eat(r, 'L') ? base62(r) : 0;

	put(r, "&");
	if (lifetime) {
		put_lifetime(r, lifetime);
		put(r, " ");
	}
	put(r, mutable ? "mut " : "");
	type(r);
}

static void type(struct reader *r)
{
	char tag = next(r);

	if (!enter(r))
		return;
	switch (tag) {
	case 'R':
	case 'Q':
		reference_type(r, tag == 'Q');
		break;
	case 'P':
	case 'O':
		put(r, tag == 'P' ? "*const " : "*mut ");
		type(r);
		break;
	case 'A':
	case 'S':
		put(r, "[");
		type(r);
		if (tag == 'A') {
			put(r, "; ");
			constant(r);
		}
		put(r, "]");
		break;
	case 'T':
		put(r, "(");
		put(r, list(r, type, ", ") == 1 ? ",)" : ")");
		break;
	case 'F':
		function_type(r);
		break;
	case 'D':
		dyn_type(r);
		break;
	case 'B':
		reference(r, type);
		break;
	default:
		if (basic_type(tag)) {
			put(r, basic_type(tag));
		} else if (!r->failed) {
			r->at--;
			path(r, false);
		}
	}
	r->depth--;
}

/* ---- constants ------------------------------------------------------------------------------------------------- */

/* Hexadecimal digits up to "_". The value, if it fits in 64 bits. */
static bool hexadecimal(struct reader *r, const char **digits, size_t *count, uint64_t *value)
{
	*value = 0;
	*digits = r->name + r->at;
	for (*count = 0; !r->failed && !eat(r, '_'); ++*count) {
		char c = next(r);
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (digit < 0)
			r->failed = true;
		*value = *value << 4 | (uint64_t)(digit & 15);
	}
	return *count <= 16;
}

static void put_integer(struct reader *r)
{
	const char *digits;
	size_t count;
	uint64_t value;

	if (hexadecimal(r, &digits, &count, &value)) {
		put_number(r, value);
	} else if (!r->failed) {
		put(r, "0x");
		write_text(r, digits, count);
	}
}

static void put_character(struct reader *r)
{
	const char *digits;
	size_t count;
	uint64_t value;
	char text[16];

	hexadecimal(r, &digits, &count, &value);
	if (value >= 0x20 && value < 0x7f)
		snprintf(text, sizeof(text), "'%s%c'", value == '\'' || value == '\\' ? "\\" : "", (char)value);
	else
		snprintf(text, sizeof(text), "'\\u{%x}'", (unsigned int)(value & 0x1fffff));
	put(r, text);
}

static void put_boolean(struct reader *r)
{
	const char *digits;
	size_t count;
	uint64_t value;

	hexadecimal(r, &digits, &count, &value);
	if (value > 1)
		r->failed = true;
	put(r, value ? "true" : "false");
}

static void constant(struct reader *r)
{
	char tag = next(r);

	if (!enter(r))
		return;
	if (tag == 'B') {
		reference(r, constant);
	} else if (tag == 'p') {
		put(r, "_");
	} else if (tag && strchr("htmyoj", tag)) {
		put_integer(r);
	} else if (tag && strchr("aslxni", tag)) {
		put(r, eat(r, 'n') ? "-" : "");
		put_integer(r);
	} else if (tag == 'b') {
		put_boolean(r);
	} else if (tag == 'c') {
		put_character(r);
	} else {
		r->failed = true;
	}
	r->depth--;
}

bool lt_demangle_rust_v0(const char *name, size_t length, lt_demangled *out)
{
	struct reader r = { .name = name + 2, .length = length - 2, .out = out };

	/* A digit would be the version of a later grammar. */
	if (length < 3 || memcmp(name, "_R", 2) || name[2] < 'A' || name[2] > 'Z')
		return false;
	path(&r, true);
	if (!r.failed && r.at < r.length && r.name[r.at] >= 'A' && r.name[r.at] <= 'Z') {
		/* The crate that made this instance. */
		r.silent = true;
		path(&r, false);
		r.silent = false;
	}
	/* What compilers add, as ".cold". */
	if (!r.failed && r.at < r.length && r.name[r.at] != '.' && r.name[r.at] != '$')
		r.failed = true;
	if (!r.failed && r.at < r.length && strncmp(r.name + r.at, ".llvm.", 6) != 0)
		write_text(&r, r.name + r.at, r.length - r.at);
	return !r.failed;
}
