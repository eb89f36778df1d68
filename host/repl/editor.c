/* SPDX-License-Identifier: MIT
 *
 * The line that a person edits, by libedit. Its unbuffered mode takes a key at a time, so that the one event loop can
 * wait for keys beside everything else. Nothing in it may wait for a key, so it gets whole ones (keys.c), and finds no
 * more to read where it would want another.
 */
#include "editor_state.h"
#include "screen.h"
#include "../error.h"
#include "../trace/wait.h"
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

enum { HISTORY_MAX = 1000, UNWATCHED_MS = 50 };

/* There is one terminal. */
static struct lt_editor *current;

void lt_terminal_size(int32_t *columns, int32_t *rows)
{
	struct winsize size = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*columns = size.ws_col > 1 ? size.ws_col : 80;	/* as libedit does */
	*rows = size.ws_row ? size.ws_row : 24;
}

static char *prompt_of(EditLine *el)
{
	return lt_editor_of(el)->prompt;
}

/* The next character of the key at hand; 0 when that was all. */
static int next_character(EditLine *el, wchar_t *out)
{
	struct lt_editor *editor = lt_editor_of(el);
	size_t length;

	if (!editor->key_size) {
		editor->asked = true;
		return 0;
	}
	length = lt_first_character(editor->key, editor->key_size, out);
	editor->key += length;
	editor->key_size -= length;
	return 1;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* Keys are characters as the terminal sends them, and those are UTF-8 also where the environment says nothing. */
static void use_utf8(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8"))
		setlocale(LC_CTYPE, "C.UTF-8");
}

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || !strcmp(term, "dumb");
}

static ssize_t write_out(void *cookie, const char *bytes, size_t size)
{
	const struct lt_editor *editor = cookie;

	return !editor->asking && lt_terminal_write(STDOUT_FILENO, bytes, size) ? 0 : (ssize_t)size;
}

static ssize_t write_err(void *cookie, const char *bytes, size_t size)
{
	struct lt_editor *editor = cookie;

	editor->unbound = true;
	return write_out(cookie, bytes, size);
}

static int prepare(struct lt_editor *editor)
{
	static const cookie_io_functions_t out = { .write = write_out }, err = { .write = write_err };
	const char *mode = "";
	HistEvent event;

	editor->out = fopencookie(editor, "w", out);
	editor->err = fopencookie(editor, "w", err);
	editor->prompt = strdup("");
	editor->history = history_init();
	if (!editor->out || !editor->err || !editor->prompt || !editor->history)
		return -ENOMEM;
	setvbuf(editor->err, NULL, _IONBF, 0);
	history(editor->history, &event, H_SETSIZE, HISTORY_MAX);
	history(editor->history, &event, H_SETUNIQUE, 1);
	editor->el = el_init_fd("luatrace", stdin, editor->out, editor->err, STDIN_FILENO, STDOUT_FILENO,
				STDOUT_FILENO);
	if (!editor->el)
		return -ENOTTY;
	el_set(editor->el, EL_CLIENTDATA, editor);
	el_set(editor->el, EL_PROMPT_ESC, prompt_of, '\1');
	el_set(editor->el, EL_HIST, history, editor->history);
	el_set(editor->el, EL_EDITOR, "emacs");
	el_set(editor->el, EL_SIGNAL, 0);
	el_wset(editor->el, EL_GETCFN, next_character);
	el_source(editor->el, NULL);	/* ~/.editrc: the user's own keys */
	el_set(editor->el, EL_EDITMODE, 1);
	el_get(editor->el, EL_EDITOR, &mode);
	editor->vi = !strcmp(mode, "vi");
	lt_bind_keys(editor);
	lt_terminal_size(&editor->columns, &editor->rows);
	return 0;
}

int lt_editor_open(lt_editor **out, lt_error *err)
{
	struct lt_editor *editor;
	int code;

	*out = NULL;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || is_dumb())
		return lt_fail(err, -ENOTTY, "no terminal to edit lines on");
	if (current)
		return lt_fail(err, -EBUSY, "a line is being edited already");
	editor = calloc(1, sizeof(*editor));
	if (!editor)
		return lt_fail(err, -ENOMEM, "terminal: out of memory");
	use_utf8();
	code = prepare(editor);
	if (code) {
		lt_editor_free(editor);
		return lt_fail(err, code, "terminal: %s", strerror(-code));
	}
	*out = current = editor;
	return 0;
}

void lt_editor_free(lt_editor *editor)
{
	if (!editor)
		return;
	if (editor->raw)
		lt_editor_end(editor);
	if (current == editor) {
		current = NULL;
		lt_screen_finish();
	}
	if (editor->el)
		el_end(editor->el);
	if (editor->history)
		history_end(editor->history);
	if (editor->out)
		fclose(editor->out);
	if (editor->err)
		fclose(editor->err);
	lt_keys_free(&editor->keys);
	free(editor->prompt);
	free(editor->text);
	free(editor);
}

/* ---- showing ---------------------------------------------------------------------------------------------------- */

bool lt_editor_is_shown(void)
{
	return current && current->shown;
}

void lt_editor_hide(void)
{
	int row;

	if (!lt_editor_is_shown())
		return;
	row = lt_cursor_row(current);
	current->shown = false;
	fputc('\r', current->out);
	if (row)
		fprintf(current->out, "\033[%dA", row);
	fputs("\033[J", current->out);
	fflush(current->out);
}

void lt_editor_show(void)
{
	if (!current || !current->raw || current->shown)
		return;
	el_set(current->el, EL_REFRESH);
	fflush(current->out);
	current->shown = true;
}

void lt_editor_resize(lt_editor *editor)
{
	int32_t columns, rows;

	lt_terminal_size(&columns, &rows);
	if (columns == editor->columns && rows == editor->rows)
		return;
	editor->columns = columns;
	editor->rows = rows;
	/* Terminals fold their lines anew, so the cursor's row is that of the new width. */
	if (!editor->shown) {
		el_resize(editor->el);
		return;
	}
	lt_editor_hide();
	el_resize(editor->el);
	lt_editor_show();
}

static void set_suspend(void)
{
	struct termios modes;

	if (tcgetattr(STDIN_FILENO, &modes))
		return;
	modes.c_cc[VSUSP] = _POSIX_VDISABLE;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
}

void lt_editor_prompt(lt_editor *editor, const char *prompt)
{
	size_t left = strlen(prompt), length;
	char *copy = strdup(prompt);
	bool shown = editor->shown;
	wchar_t c;

	if (!copy)
		return;
	/* libedit ends us for what is no UTF-8 */
	for (char *at = copy; left; at += length, left -= length) {
		length = lt_first_character(at, left, &c);
		if (length == 1 && *at & 0x80)
			*at = '?';
	}
	if (shown)
		lt_editor_hide();
	free(editor->prompt);
	editor->prompt = copy;
	if (shown)
		lt_editor_show();
}

void lt_editor_begin(lt_editor *editor, const char *prompt)
{
	if (editor->raw)
		return;
	lt_editor_prompt(editor, prompt);
	lt_editor_resize(editor);
	editor->raw = true;
	editor->watched = !lt_wait_add_fd(STDIN_FILENO, EPOLLIN);
	/* brackets around what is pasted */
	fputs("\033[?2004h", editor->out);
	lt_keys_begin(&editor->keys);
	el_set(editor->el, EL_UNBUFFERED, 1);
	/* No Ctrl-Z for the kernel, which would stop us with the terminal as it is; after libedit, which sets all keys.
	 * Ctrl-C stays the kernel's: it is to stop a function that does not end. */
	set_suspend();
	fflush(editor->out);
	editor->shown = true;
}

void lt_editor_restore(lt_editor *editor)
{
	if (!editor->raw)
		return;
	lt_editor_hide();
	el_set(editor->el, EL_PREP_TERM, 0);	/* else libedit takes it for done */
	el_set(editor->el, EL_PREP_TERM, 1);
	set_suspend();
	lt_editor_show();
}

void lt_editor_end(lt_editor *editor)
{
	if (!editor->raw)
		return;
	if (editor->shown) {
		const LineInfoW *line = el_wline(editor->el);

		lt_editor_hide();
		el_cursor(editor->el, (int)(line->lastchar - line->cursor));
		lt_editor_show();
		fputs("\r\n", editor->out);
	}
	editor->shown = editor->raw = false;
	fputs("\033[?2004l", editor->out);
	fflush(editor->out);
	el_set(editor->el, EL_UNBUFFERED, 0);
	if (editor->watched)
		lt_wait_remove_fd(STDIN_FILENO);
	editor->watched = false;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* Gives libedit one key, which may stand for several, until it asks for more. */
static void give(struct lt_editor *editor, const char *key, size_t size)
{
	struct termios modes;
	int count;

	editor->key = key;
	editor->key_size = size;
	editor->asked = false;
	/* once the terminal is gone it does not even ask */
	while (!editor->asked && !editor->event && !tcgetattr(STDIN_FILENO, &modes))
		el_wgets(editor->el, &count);
}

/* Whether an escape sequence is bound to something. libedit takes the rest of one that is not for text; but when it is
 * to print what is bound to it, it complains. */
static bool is_bound(struct lt_editor *editor, const char *key, size_t size)
{
	char name[64];

	if (size >= sizeof(name) || memchr(key, '^', size) || memchr(key, '\\', size) || memchr(key, 0, size))
		return false;
	memcpy(name, key, size);
	name[size] = '\0';
	fflush(editor->out);
	editor->asking = true;
	editor->unbound = false;
	el_set(editor->el, EL_BIND, name, NULL);
	fflush(editor->out);
	editor->asking = false;
	return !editor->unbound;
}

static void edit(struct lt_editor *editor, const char *key, size_t size)
{
	if (editor->vi && *key == '\033' && size <= 2) {
		give(editor, LT_ESCAPE_ALONE, strlen(LT_ESCAPE_ALONE));
		key++;
		size--;
	}
	if (size > 2 && *key == '\033' && !is_bound(editor, key, size))
		return;
	if (size && !editor->event)
		give(editor, key, size);
}

static void insert_pasted(struct lt_editor *editor)
{
	uint64_t cursor, size = editor->keys.pasted_size;
	const char *text = lt_editor_text(editor, &cursor);
	size_t length = text ? strlen(text) : 0;
	char *made = text ? malloc(length + size) : NULL;

	if (!made)
		return;
	memcpy(made, text, cursor);
	memcpy(made + cursor, editor->keys.pasted, size);
	memcpy(made + cursor + size, text + cursor, length - cursor);
	lt_editor_set(editor, made, length + size, cursor + size);
	free(made);
}

int lt_editor_read(lt_editor *editor)
{
	const char *key;
	size_t size;

	if (!editor->raw)
		return LT_EDITOR_NOTHING;
	lt_editor_resize(editor);
	lt_editor_show();
	editor->event = LT_EDITOR_NOTHING;
	while (!editor->event) {
		switch (lt_keys_next(&editor->keys, &key, &size)) {
		case LT_KEYS_NONE:
			return LT_EDITOR_NOTHING;
		case LT_KEYS_GONE:
			return LT_EDITOR_END;
		case LT_KEYS_PASTED:
			if (!editor->keys.pasted_size)
				break;
			if (editor->keys.plain || memchr(editor->keys.pasted, '\n', editor->keys.pasted_size))
				return LT_EDITOR_PASTE;
			insert_pasted(editor);
			break;
		case LT_KEYS_KEY:
			if (editor->keys.plain)
				return LT_EDITOR_KEY;
			edit(editor, key, size);
		}
	}
	return editor->event;
}

int32_t lt_editor_wait_ms(const lt_editor *editor)
{
	int32_t ms = editor->raw ? lt_keys_wait_ms(&editor->keys) : -1;

	return ms < 0 && editor->raw && !editor->watched ? UNWATCHED_MS : ms;
}

const char *lt_editor_taken(const lt_editor *editor, uint64_t *size)
{
	return lt_keys_taken(&editor->keys, size);
}

void lt_editor_keys(lt_editor *editor, int32_t on)
{
	editor->keys.plain = on;
}

const char *lt_editor_text(lt_editor *editor, uint64_t *cursor)
{
	const LineInfo *line = el_line(editor->el);
	size_t length = (size_t)(line->lastchar - line->buffer);

	free(editor->text);
	editor->text = strndup(line->buffer, length);
	*cursor = editor->text ? (uint64_t)(line->cursor - line->buffer) : 0;
	return editor->text;
}

void lt_editor_set(lt_editor *editor, const char *text, uint64_t size, uint64_t cursor)
{
	const LineInfoW *line = el_wline(editor->el);
	wchar_t *clean = malloc((size + 1) * sizeof(*clean)), c;
	size_t length = 0, before = 0;
	bool shown = editor->shown;

	if (!clean)
		return;
	for (uint64_t i = 0; i < size;) {
		bool is_before = i < cursor;

		i += lt_first_character(text + i, size - i, &c);
		if ((c < 32 && c != L'\n' && c != L'\t') || c == 127)
			continue;
		clean[length++] = c;
		if (is_before)
			before = length;
	}
	clean[length] = L'\0';
	if (shown)
		lt_editor_hide();
	el_cursor(editor->el, (int)(line->lastchar - line->cursor));
	line = el_wline(editor->el);
	el_deletestr(editor->el, (int)(line->cursor - line->buffer));
	if (length)
		el_winsertstr(editor->el, clean);
	el_cursor(editor->el, -(int)(length - before));
	if (shown)
		lt_editor_show();
	free(clean);
}

void lt_editor_remember(lt_editor *editor, const char *text)
{
	HistEvent event;

	/* libedit goes back no further than to what is no UTF-8 */
	if (mbstowcs(NULL, text, 0) != (size_t)-1)
		history(editor->history, &event, H_ENTER, text);
}
