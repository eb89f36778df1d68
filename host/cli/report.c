/* SPDX-License-Identifier: MIT
 *
 * From a Lua error to the text that a person reads.
 */
#include "cli.h"
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

enum {
	FRAMES_SHOWN = 20,
	FRAMES_LOOKED_AT = 250,	/* a stack overflow has 200,000, and each look walks them from the top */
};

/* Of a frame of the runtime's own modules the file, "luatrace/...", else NULL. */
static const char *runtime_file(const lua_Debug *frame)
{
	const char *tree = getenv("LUATRACE_LUA");
	const char *source = frame->source;
	size_t length;

	if (*source != '@')
		return NULL;
	source++;
	if (tree && *tree) {
		length = strlen(tree);
		if (strncmp(source, tree, length) != 0 || source[length] != '/')
			return NULL;
		source += length + 1;
	}
	return strncmp(source, "luatrace/", 9) ? NULL : source;
}

/* C functions and the runtime's own modules mean nothing to who wrote the script. */
bool cli_is_script_frame(const lua_Debug *frame)
{
	return *frame->what != 'C' && frame->currentline > 0 && !runtime_file(frame);
}

/* A function of the runtime's that tools are run by. */
static bool is_tool_frame(const lua_Debug *frame)
{
	const char *file = runtime_file(frame);

	return file && (!strcmp(file, "luatrace/tool.lua") || !strncmp(file, "luatrace/tool/", 14));
}

/* Appends to the string on top of the stack. */
static void append(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(lua_State *L, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	lua_pushvfstring(L, format, args);
	va_end(args);
	lua_concat(L, 2);
}

static void append_frame(lua_State *L, const lua_Debug *frame)
{
	append(L, "\n\t%s:%d: ", frame->short_src, frame->currentline);
	if (*frame->what == 'm')
		append(L, "in main chunk");
	else if (*frame->namewhat)
		append(L, "in function '%s'", frame->name);
	else
		append(L, "in function <%s:%d>", frame->short_src, frame->linedefined);
}

static void append_script_frames(lua_State *L)
{
	lua_Debug frame;
	int shown = 0;

	for (int level = 1; level < FRAMES_LOOKED_AT && lua_getstack(L, level, &frame); level++) {
		lua_getinfo(L, "Snl", &frame);
		if (!cli_is_script_frame(&frame))
			continue;
		if (shown == 0)
			append(L, "\nstack traceback:");
		if (shown == FRAMES_SHOWN) {
			append(L, "\n\t...");
			return;
		}
		append_frame(L, &frame);
		shown++;
	}
}

static void append_traceback(lua_State *L)
{
	if (!lt_verbosity()) {
		append_script_frames(L);
		return;
	}
	luaL_traceback(L, L, NULL, 1);
	lua_pushliteral(L, "\n");
	lua_insert(L, -2);
	lua_concat(L, 3);
}

/* Where in the script the call stands that could not be done. Of a tool nothing: who runs it has not written it, and
 * what an error object says is of options and of this machine. A mistake in the tool is no object. */
static void append_position(lua_State *L)
{
	lua_Debug frame, script = { .currentline = 0 };

	for (int level = 1; level < FRAMES_LOOKED_AT && lua_getstack(L, level, &frame); level++) {
		lua_getinfo(L, "Sl", &frame);
		if (is_tool_frame(&frame))
			return;
		if (!script.currentline && cli_is_script_frame(&frame))
			script = frame;
	}
	if (script.currentline)
		append(L, "\n  at %s:%d", script.short_src, script.currentline);
}

/* An error object of the runtime: { message =, errno =, log =, interrupted =, usage =, compiling = }, at index 1. When
 * a text did not compile, its log is what the compiler said, with the lines in question: that is what a person wants
 * first, and the message is its first line. */
static int report_object(lua_State *L)
{
	bool verbose = lt_verbosity() > 0, compiling;

	lua_getfield(L, 1, "interrupted");
	if (lua_toboolean(L, -1)) {
		lua_pushboolean(L, true);
		return 1;
	}
	lua_getfield(L, 1, "usage");
	lua_setfield(L, LUA_REGISTRYINDEX, CLI_WRONG_WORDS);
	lua_getfield(L, 1, "compiling");
	lua_getfield(L, 1, "log");
	compiling = lua_toboolean(L, -2) && lua_isstring(L, -1) && lua_objlen(L, -1);
	lua_getfield(L, 1, compiling ? "log" : "message");
	if (!lua_isstring(L, -1))
		return 0;
	if (verbose)
		append_traceback(L);
	else
		append_position(L);
	if (compiling || !lua_isstring(L, -2) || !lua_objlen(L, -2))
		return 1;
	if (!verbose) {
		append(L, "\n  run with -v for the full log");
		return 1;
	}
	lua_pushliteral(L, "\n");
	lua_pushvalue(L, -3);
	lua_concat(L, 3);
	return 1;
}

int cli_report(lua_State *L)
{
	lua_settop(L, 1);
	if (lua_istable(L, 1) && report_object(L))
		return 1;
	lua_settop(L, 1);
	if (!lua_isstring(L, 1)) {
		/* What tostring() makes of it, as with any value that has a __tostring. */
		if (luaL_callmeta(L, 1, "__tostring") && lua_isstring(L, -1))
			lua_replace(L, 1);
		else
			lua_pushfstring(L, "the script raised an error that is no message but a %s", luaL_typename(L, 1));
	}
	lua_pushstring(L, lua_tostring(L, -1));
	append_traceback(L);
	return 1;
}
