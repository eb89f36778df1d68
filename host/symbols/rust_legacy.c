/* SPDX-License-Identifier: MIT
 *
 * Rust's first mangling: a C++ name whose last part is a hash, with what C++ has no letters for between dollars.
 */
#include "demangle.h"
#include <stdint.h>
#include <string.h>

static bool is_hash(const char *part, size_t length)
{
	if (length != 17 || part[0] != 'h')
		return false;
	for (size_t i = 1; i < length; i++)
		if (!strchr("0123456789abcdef", part[i]) || !part[i])
			return false;
	return true;
}

/* One part of "_ZN" { LENGTH PART } "E". False at the end, and where there is none. */
static bool next_part(const char **at, const char *end, const char **part, size_t *length)
{
	const char *p = *at;
	size_t n = 0;

	for (; p < end && *p >= '0' && *p <= '9' && n < 1024; p++)
		n = n * 10 + (size_t)(*p - '0');
	if (!n || n > (size_t)(end - p))
		return false;
	*part = p;
	*length = n;
	*at = p + n;
	return true;
}

/* $uXX$ in ASCII; rustc writes no others. */
static bool add_code(const char *code, size_t length, lt_demangled *out)
{
	unsigned int value = 0;
	char c;

	if (length < 2 || length > 3 || code[0] != 'u')
		return false;
	for (size_t i = 1; i < length; i++) {
		const char *digit = memchr("0123456789abcdef", code[i], 16);

		if (!digit)
			return false;
		value = value * 16 + (unsigned int)(*digit <= '9' ? *digit - '0' : *digit - 'a' + 10);
	}
	if (value < 0x20 || value > 0x7e)
		return false;
	c = (char)value;
	lt_demangled_add(out, &c, 1);
	return true;
}

static bool add_escape(const char *code, size_t length, lt_demangled *out)
{
	static const struct { char code[3], text[2]; } escapes[] = {
		{ "SP", "@" }, { "BP", "*" }, { "RF", "&" }, { "LT", "<" }, { "GT", ">" }, { "LP", "(" }, { "RP", ")" },
		{ "C", "," },
	};

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		if (strlen(escapes[i].code) == length && !memcmp(escapes[i].code, code, length)) {
			lt_demangled_add(out, escapes[i].text, 1);
			return true;
		}
	}
	return add_code(code, length, out);
}

static void add_part(const char *part, size_t length, lt_demangled *out)
{
	const char *p = part, *end = part + length;

	/* No name of C begins with a dollar. */
	if (length > 1 && p[0] == '_' && p[1] == '$')
		p++;
	while (p < end) {
		const char *close = *p == '$' ? memchr(p + 1, '$', (size_t)(end - p - 1)) : NULL;

		if (close && add_escape(p + 1, (size_t)(close - p - 1), out)) {
			p = close + 1;
		} else if (end - p >= 2 && p[0] == '.' && p[1] == '.') {
			lt_demangled_add(out, "::", 2);
			p += 2;
		} else {
			lt_demangled_add(out, p++, 1);
		}
	}
}

bool lt_demangle_rust_legacy(const char *name, size_t length, lt_demangled *out)
{
	const char *at = name + 3, *end = name + length, *part = NULL;
	size_t part_length = 0, parts = 0;

	if (length < 3 || memcmp(name, "_ZN", 3))
		return false;
	while (next_part(&at, end, &part, &part_length))
		parts++;
	if (parts < 2 || !is_hash(part, part_length) || at == end || *at != 'E')
		return false;
	/* The hash tells instances apart that people call the same; the suffix (".llvm.123") is the linker's. */
	at = name + 3;
	for (size_t i = 0; i < parts - 1 && next_part(&at, end, &part, &part_length); i++) {
		if (i)
			lt_demangled_add(out, "::", 2);
		add_part(part, part_length, out);
	}
	return true;
}
