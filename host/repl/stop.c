/* SPDX-License-Identifier: MIT */
#include "stop.h"
#include "editor.h"
#include "../cli/cli.h"
#include "../signals.h"
#include <lauxlib.h>
#include <lua.h>

enum { INSTRUCTIONS = 1000 };
/* While a line is edited, Ctrl-C is about the line. Only an event's function that does not let us look at it is ended;
 * any other would lose its event. */
#define PATIENCE_NS 500000000ull

static lua_State *volatile state;

static void stop(lua_State *L, lua_Debug *frame)
{
	if (!lt_interrupted()) {
		lua_sethook(L, NULL, 0, 0);
		if (lt_interrupted())	/* since */
			lua_sethook(L, stop, LUA_MASKCOUNT, INSTRUCTIONS);
		return;
	}
	if (lt_editor_is_shown() && lt_now() - lt_signals_first_time() < PATIENCE_NS)
		return;
	/* the runtime's own functions look at the flag themselves, where they can be left */
	if (!lua_getinfo(L, "Sl", frame) || !cli_is_script_frame(frame))
		return;
	lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
	lua_getfield(L, -1, "luatrace.errors");
	lua_getfield(L, -1, "interrupt");
	lua_call(L, 0, 0);
}

/* In the signal handler: LuaJIT allows this there. */
static void on_interrupt(void)
{
	lua_sethook(state, stop, LUA_MASKCOUNT, INSTRUCTIONS);
}

void lt_stop_functions_of(lua_State *L)
{
	lt_signals_on_interrupt(NULL);
	state = L;
	if (L)
		lt_signals_on_interrupt(on_interrupt);
}
