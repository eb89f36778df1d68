/* SPDX-License-Identifier: MIT */
#include "relocatable.h"

void relocatable_print_macro(const char *tag, const char *name, const char *enumerator, const char *type,
			     struct text *out)
{
	/* 1: BPF_ENUMVAL_VALUE. Within its own macro a name is the enumerator. */
	text_printf(out, "#ifndef %s\n#define %s ((%s)__builtin_preserve_enum_value(*(enum %s *)%s, 1))\n#endif\n", name, name,
		    type, tag, enumerator);
}

void relocatable_print_number(const char *tag, const char *name, const char *enumerator, const char *type,
			      struct text *out)
{
	struct text own = { 0 };

	/* "___" and what follows is no part of a type's name: an enum for each, for C wants it whole at once */
	text_printf(&own, "%s___%s", tag, enumerator);
	text_printf(out, "enum %s { %s };\n", own.data, enumerator);
	relocatable_print_macro(own.data, name, enumerator, type, out);
	text_free(&own);
}
