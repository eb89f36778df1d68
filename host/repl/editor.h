/* SPDX-License-Identifier: MIT
 *
 * What screen.c needs of the line being edited.
 */
#ifndef LT_REPL_EDITOR_H
#define LT_REPL_EDITOR_H
#include <stdbool.h>

/* Whether a line is being edited. */
bool lt_editor_is_shown(void);
/* Takes it off the screen, with the cursor where it began; shows it again, from where the cursor is then. */
void lt_editor_hide(void);
void lt_editor_show(void);

#endif
