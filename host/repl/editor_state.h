/* SPDX-License-Identifier: MIT
 *
 * What the files of the editor share: editor.c itself, bindings.c, rows.c.
 */
#ifndef LT_REPL_EDITOR_STATE_H
#define LT_REPL_EDITOR_STATE_H
#include "editor.h"
#include "keys.h"
#include "../luatrace.h"
#include <histedit.h>
#include <stdio.h>
#include <wchar.h>

struct lt_editor {
	EditLine *el;
	History *history;
	FILE *out, *err;	/* our stdout is another (screen.c) */
	char *prompt;
	bool shown, raw, watched;
	bool vi;		/* the user's choice in ~/.editrc */
	int event;
	int32_t columns, rows;
	struct lt_keys keys;
	const char *key;	/* the rest of the one that libedit is given */
	size_t key_size;
	bool asked;		/* for more than that */
	bool asking, unbound;	/* editor.c's is_bound()'s */
	char *text;		/* lt_editor_text()'s */
};

struct lt_editor *lt_editor_of(EditLine *el);

/* ---- bindings.c ---- */

/* A key that is nobody's else: of vi's mode for text, Escape alone. */
#define LT_ESCAPE_ALONE "\033\033"
/* Which keys do what. */
void lt_bind_keys(struct lt_editor *editor);

/* ---- rows.c ---- */

/* The first character of a text, and of how many bytes it is. What is no UTF-8 is taken for Latin-1. */
size_t lt_first_character(const char *text, size_t size, wchar_t *out);
/* The cursor's row, from that of the prompt on, as a terminal of that width lays out what libedit writes. */
int lt_cursor_row(struct lt_editor *editor);

#endif
