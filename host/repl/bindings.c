/* SPDX-License-Identifier: MIT
 *
 * Which keys do what: those that are for the caller of lt_editor_read(), and what terminals send for the others.
 */
#include "editor_state.h"
#include <string.h>

/* Keys, of which the last two, as LT_ESCAPE_ALONE, are nobody's else. */
#define ENTRY_UP "\020"
#define ENTRY_DOWN "\016"
#define ROW_UP "\033\020"
#define ROW_DOWN "\033\016"

struct lt_editor *lt_editor_of(EditLine *el)
{
	struct lt_editor *editor = NULL;

	el_get(el, EL_CLIENTDATA, &editor);
	return editor;
}

static unsigned char on_enter(EditLine *el, int key)
{
	(void)key;
	lt_editor_of(el)->event = LT_EDITOR_LINE;
	return CC_NORM;
}

static unsigned char on_tab(EditLine *el, int key)
{
	(void)key;
	lt_editor_of(el)->event = LT_EDITOR_COMPLETE;
	return CC_NORM;
}

static unsigned char on_search(EditLine *el, int key)
{
	(void)key;
	lt_editor_of(el)->event = LT_EDITOR_SEARCH;
	return CC_NORM;
}

static unsigned char on_suspend(EditLine *el, int key)
{
	(void)key;
	lt_editor_of(el)->event = LT_EDITOR_SUSPEND;
	return CC_NORM;
}

/* Has another key done in place of the one at hand. */
static unsigned char do_key(EditLine *el, const char *key)
{
	el_push(el, key);
	return CC_NORM;
}

/* In a line of several rows, the arrows go to the next one; beyond them, through history. */
static unsigned char on_up(EditLine *el, int key)
{
	const LineInfo *line = el_line(el);

	(void)key;
	return do_key(el, memchr(line->buffer, '\n', (size_t)(line->cursor - line->buffer)) ? ROW_UP : ENTRY_UP);
}

static unsigned char on_down(EditLine *el, int key)
{
	const LineInfo *line = el_line(el);

	(void)key;
	return do_key(el, memchr(line->cursor, '\n', (size_t)(line->lastchar - line->cursor)) ? ROW_DOWN : ENTRY_DOWN);
}

static unsigned char on_delete(EditLine *el, int key)
{
	const LineInfo *line = el_line(el);

	(void)key;
	if (line->cursor == line->lastchar)
		return CC_NORM;
	el_cursor(el, 1);
	el_deletestr(el, 1);
	return CC_REFRESH;
}

static unsigned char on_end(EditLine *el, int key)
{
	const LineInfo *line = el_line(el);

	if (line->buffer != line->lastchar)
		return on_delete(el, key);
	lt_editor_of(el)->event = LT_EDITOR_END;
	return CC_NORM;
}

/* In both of vi's modes; to emacs the second is nothing. */
static void bind_key(EditLine *el, const char *key, const char *name)
{
	el_set(el, EL_BIND, key, name, NULL);
	el_set(el, EL_BIND, "-a", key, name, NULL);
}

void lt_bind_keys(struct lt_editor *editor)
{
	EditLine *el = editor->el;
	static const struct {
		const char *name;
		unsigned char (*function)(EditLine *el, int key);
	} functions[] = {
		{ "luatrace-enter", on_enter }, { "luatrace-tab", on_tab }, { "luatrace-search", on_search },
		{ "luatrace-up", on_up }, { "luatrace-down", on_down }, { "luatrace-suspend", on_suspend },
		{ "luatrace-end", on_end }, { "luatrace-delete", on_delete },
	};
	static const char *const keys[][2] = {
		{ "^M", "luatrace-enter" }, { "^J", "luatrace-enter" }, { "^I", "luatrace-tab" },
		{ "^R", "luatrace-search" }, { "^Z", "luatrace-suspend" }, { "^D", "luatrace-end" },
		/* what terminals send, whatever terminfo says of the one at hand */
		{ "\033[3~", "luatrace-delete" }, { "\033[A", "luatrace-up" }, { "\033OA", "luatrace-up" },
		{ "\033[B", "luatrace-down" }, { "\033OB", "luatrace-down" }, { ENTRY_UP, "ed-prev-history" },
		{ ENTRY_DOWN, "ed-next-history" }, { ROW_UP, "ed-prev-line" }, { ROW_DOWN, "ed-next-line" },
		{ "\033[H", "ed-move-to-beg" }, { "\033OH", "ed-move-to-beg" }, { "\033[1~", "ed-move-to-beg" },
		{ "\033[F", "ed-move-to-end" }, { "\033OF", "ed-move-to-end" }, { "\033[4~", "ed-move-to-end" },
		{ "\033[5~", "ed-search-prev-history" }, { "\033[6~", "ed-search-next-history" },
		{ "\033[1;5C", "em-next-word" }, { "\033[1;5D", "ed-prev-word" }, { "^W", "ed-delete-prev-word" },
		/* these would wait for another key, and take that there is none for the end */
		{ "^V", "ed-unassigned" }, { "^S", "ed-unassigned" }, { "\033x", "ed-unassigned" },
		{ "\033X", "ed-unassigned" },
	};
	/* of vi: these would too, or have an editor of their own */
	static const char *const commands[] = { "/", "?", ":", "f", "F", "t", "T", "@", "v" };

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		el_set(el, EL_ADDFN, functions[i].name, "", functions[i].function);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		bind_key(el, keys[i][0], keys[i][1]);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		el_set(el, EL_BIND, "-a", commands[i], "ed-unassigned", NULL);
	if (editor->vi)
		el_set(el, EL_BIND, LT_ESCAPE_ALONE, "vi-command-mode", NULL);
}
