/* SPDX-License-Identifier: MIT
 *
 * Ctrl-C while a function runs that was typed at the prompt.
 */
#ifndef LT_REPL_STOP_H
#define LT_REPL_STOP_H

typedef struct lua_State lua_State;

/* From now on an interrupt ends Lua functions that the compiler is off for, as the runtime's own waits end, and nothing
 * else ends with it. NULL: as it was. */
void lt_stop_functions_of(lua_State *L);

#endif
