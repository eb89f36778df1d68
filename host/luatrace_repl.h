/* SPDX-License-Identifier: MIT
 *
 * Part of luatrace.h: the terminal of the REPL. Conventions are said there.
 */
#ifndef LUATRACE_REPL_H
#define LUATRACE_REPL_H

/* ---- the line that a person edits ---------------------------------------------------------------------------- */

typedef struct lt_editor lt_editor;

/* Standard input and output as a terminal to edit lines on: one at a time. -ENOTTY: one of them is no terminal, or one
 * that can't move its cursor. Between lt_editor_begin() and lt_editor_end() the line is shown, lt_wait() waits for keys
 * too, and what is written to stdout and stderr appears above it. */
LT_API int lt_editor_open(lt_editor **out, lt_error *err);
LT_API void lt_editor_free(lt_editor *editor);

/* Shows the prompt, with the terminal's own escape sequences between \1 and \1, and an empty line. */
LT_API void lt_editor_begin(lt_editor *editor, const char *prompt);
/* The cursor goes below the line, and the terminal is as it was found. */
LT_API void lt_editor_end(lt_editor *editor);
/* Another prompt from now on. */
LT_API void lt_editor_prompt(lt_editor *editor, const char *prompt);

enum {
	LT_EDITOR_NOTHING = 0,	/* all keys that have come are dealt with */
	LT_EDITOR_LINE = 1,	/* Enter */
	LT_EDITOR_END = 2,	/* Ctrl-D on an empty line, or the terminal is gone */
	LT_EDITOR_COMPLETE = 3,	/* Tab */
	LT_EDITOR_SEARCH = 4,	/* Ctrl-R */
	LT_EDITOR_SUSPEND = 5,	/* Ctrl-Z */
	LT_EDITOR_PASTE = 6,	/* lines were pasted: lt_editor_taken() */
	LT_EDITOR_KEY = 7,	/* after lt_editor_keys(): a key: lt_editor_taken() */
};
/* Deals with keys that have come, up to the first that is for the caller to deal with: LT_EDITOR_*. */
LT_API int lt_editor_read(lt_editor *editor);
/* How long a wait may be before lt_editor_read() is to be called again, keys or none; -1: no matter. */
LT_API int32_t lt_editor_wait_ms(const lt_editor *editor);
/* What was pasted, or the bytes of a key; until the next lt_editor_read(). */
LT_API const char *lt_editor_taken(const lt_editor *editor, uint64_t *size);
/* 1: keys are not to edit the line but to be returned as LT_EDITOR_KEY. */
LT_API void lt_editor_keys(lt_editor *editor, int32_t on);
/* The line, and the byte in it that the cursor is at; until the next call that takes the editor. */
LT_API const char *lt_editor_text(lt_editor *editor, uint64_t *cursor);
/* Another line, shown at once. Control characters but newlines and tabs are left out. */
LT_API void lt_editor_set(lt_editor *editor, const char *text, uint64_t size, uint64_t cursor);
/* To be called when the terminal's size may have changed. */
LT_API void lt_editor_resize(lt_editor *editor);
/* After the process was stopped by somebody else, who left the terminal in another state. */
LT_API void lt_editor_restore(lt_editor *editor);
/* Adds to what the arrow keys go through. */
LT_API void lt_editor_remember(lt_editor *editor, const char *text);
/* The terminal's size now; 80, 24 where it says none. */
LT_API void lt_terminal_size(int32_t *columns, int32_t *rows);

/* ---- what is written while a line is edited, or a block is shown ----------------------------------------------- */

/* Lines written while a line is edited, a second; those beyond are counted and said, and the last of them kept. 0: none
 * for now. -1: all. */
enum { LT_SCREEN_LINES = 100 };	/* unless it is called */
LT_API void lt_screen_limit(int32_t lines);
/* Shows what was kept; returns how many lines were held back since the last such call, kept or not. */
LT_API uint64_t lt_screen_release(void);
/* To be called now and then: says how many lines were held back, once a second. Milliseconds until that is due, -1:
 * nothing to say. */
LT_API int32_t lt_screen_tick(void);

/* Lines that stay at the bottom of the screen, below what is written meanwhile, in place of those of the last call; of
 * size 0: none. Each is to fit in a row. */
LT_API void lt_screen_block(const char *text, uint64_t size);

/* ---- the user's files ------------------------------------------------------------------------------------------ */

/* A file of this user's own state directory ($XDG_STATE_HOME/luatrace, or ~/.local/state/luatrace): all of it; of size
 * 0 when there is none. -EPERM: it, or its directory, is another user's. `out` to be freed. */
LT_API int lt_state_read(const char *name, lt_blob *out, lt_error *err);
/* Adds to it (made with mode 0600), or with `whole` 1 writes it anew. */
LT_API int lt_state_write(const char *name, const void *data, uint64_t size, int32_t whole, lt_error *err);
/* Copies memory that may not be there: -EFAULT then. */
LT_API int lt_memory_copy(void *to, const void *from, uint64_t size);
/* Names in a directory, a line each, those of directories with a slash behind them. Returns how many. */
LT_API int lt_directory_list(const char *path, lt_blob *out, lt_error *err);

#endif
