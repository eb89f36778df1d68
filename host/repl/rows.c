/* SPDX-License-Identifier: MIT
 *
 * Where on the screen the cursor is: what is shown above the line has to find its beginning.
 */
#include "editor_state.h"
#include <string.h>

enum { TAB = 8 };

size_t lt_first_character(const char *text, size_t size, wchar_t *out)
{
	mbstate_t state = { 0 };
	size_t length = mbrtowc(out, text, size, &state);

	if (length && length <= size)
		return length;
	*out = (unsigned char)*text;
	return 1;
}

struct place {
	int row, column, columns;
};

static void advance(struct place *at, int width)
{
	if (at->column + width > at->columns) {
		at->row++;
		at->column = 0;
	}
	at->column += width;
	if (at->column >= at->columns) {
		at->row++;
		at->column = 0;
	}
}

/* As libedit writes it: ^X, and \U+hhhh or \U+hhhhh what can't be shown. */
static void advance_by(struct place *at, wchar_t c)
{
	int width = wcwidth(c);

	if (c == L'\n') {
		at->row++;
		at->column = 0;
	} else if (c == L'\t') {
		do {
			advance(at, 1);
		} while (at->column % TAB);
	} else if (width >= 0) {
		advance(at, width);
	} else {
		for (int left = c < 32 || c == 127 ? 2 : c > 0xffff ? 8 : 7; left; left--)
			advance(at, 1);
	}
}

int lt_cursor_row(struct lt_editor *editor)
{
	const LineInfoW *line = el_wline(editor->el);
	struct place place = { .columns = editor->columns };
	const char *at = editor->prompt, *end = at + strlen(at);
	bool escape = false;
	wchar_t c;

	while (at < end) {
		at += lt_first_character(at, (size_t)(end - at), &c);
		if (c == L'\1')
			escape = !escape;
		else if (!escape)
			advance_by(&place, c);
	}
	for (const wchar_t *next = line->buffer; next < line->cursor; next++)
		advance_by(&place, *next);
	return place.row;
}
