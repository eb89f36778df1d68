/* SPDX-License-Identifier: MIT
 *
 * Assembly below the lines of the text that it was made of. LLVM writes where each instruction comes from as
 * directives (".loc 1 12 5"), between which, and behind it all, its debug info stands.
 */
#include "compile_protocol.h"
#include "lower/lower.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct listing {
	struct text *out;
	const char *source;
	unsigned line;		/* the last one shown */
	bool hidden;		/* in a section of debug info */
};

static bool starts(const char *at, const char *prefix)
{
	return !strncmp(at, prefix, strlen(prefix));
}

static bool is_debug_section(const char *at)
{
	static const char *const names[] = { ".debug_", ".BTF", ".llvm_addrsig", ".addrsig", "\".debug" };
	const char *name = at + strcspn(at, " \t");

	name += strspn(name, " \t");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (starts(name, names[i]))
			return true;
	return false;
}

static void show_line(struct listing *l, unsigned line)
{
	const char *at = l->source;

	if (!line || line == l->line)
		return;
	l->line = line;
	while (--line && (at = strchr(at, '\n')))
		at++;
	if (at)
		text_printf(l->out, "; " LT_CC_TEXT_NAME ":%u: %.*s\n", l->line, (int)strcspn(at + strspn(at, " \t"), "\n"),
			    at + strspn(at, " \t"));
}

/* Labels that only debug info uses: ".Ltmp3:", ".Lfunc_begin0:". */
static bool is_debug_label(const char *at)
{
	return starts(at, ".Ltmp") || starts(at, ".Lfunc_begin") || starts(at, ".Lloc");
}

static void take_line(struct listing *l, const char *line, size_t length)
{
	const char *at = line + strspn(line, " \t");
	unsigned file, number;

	if (starts(at, ".section") || starts(at, ".text") || starts(at, ".data") || starts(at, ".bss")) {
		l->hidden = is_debug_section(at);
		l->line = 0;
	}
	if (starts(at, ".loc") && isspace((unsigned char)at[4])) {
		if (!l->hidden && sscanf(at + 4, "%u %u", &file, &number) == 2)
			show_line(l, number);
	} else if (!l->hidden && !starts(at, ".file") && !starts(at, ".cfi_") && !is_debug_label(at)) {
		text_append(l->out, line, length);
		text_add(l->out, "\n");
	}
}

void make_listing(const char *assembly, const char *source, struct text *out)
{
	struct listing l = { .out = out, .source = source };

	text_add(out, "");
	while (*assembly) {
		size_t length = strcspn(assembly, "\n");

		take_line(&l, assembly, length);
		assembly += length + (assembly[length] == '\n');
	}
}
