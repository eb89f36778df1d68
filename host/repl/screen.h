/* SPDX-License-Identifier: MIT
 *
 * stdout and stderr of the REPL: what is written while a line is edited appears above it.
 */
#ifndef LT_REPL_SCREEN_H
#define LT_REPL_SCREEN_H
#include <stddef.h>

/* Where they are terminals; before there is a Lua state, which remembers the streams. 0 or -errno. */
int lt_screen_install(void);
/* Once no line is edited any more: shows lines whose end has not come, and says how many were held back. */
void lt_screen_finish(void);
/* All of it. 0 or -errno. */
int lt_terminal_write(int fd, const char *bytes, size_t size);

#endif
