/* SPDX-License-Identifier: MIT
 *
 * A Lua state as scripts find it.
 */
#include "cli.h"
#include "embed.h"
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

/* os.exit([code [, close]]): closes the state always, and looks at whether the output arrived. */
static int exit_closing(lua_State *L)
{
	int status;

	if (lua_isboolean(L, 1))
		status = lua_toboolean(L, 1) ? CLI_OK : CLI_FAILED;
	else
		status = (int)luaL_optinteger(L, 1, CLI_OK);
	lua_close(L);
	exit(cli_finish(status));
}

static int load_embedded(lua_State *L)
{
	const struct lt_module *module = lua_touserdata(L, lua_upvalueindex(1));

	if (luaL_loadbufferx(L, module->data, module->size, module->name, "b"))
		return lua_error(L);
	lua_pushstring(L, module->name);
	lua_call(L, 1, 1);
	return 1;
}

/* What the tree has not: the build made it, or took it from another package. */
static bool is_of_build(const char *module)
{
	return !strcmp(module, "luatrace.cdef") || !strcmp(module, "luatrace.argparse");
}

/* With LUATRACE_LUA the runtime comes from that tree. */
static void preload(lua_State *L, const char *tree)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "preload");
	for (const struct lt_module *module = lt_modules; module->name; module++) {
		if (tree && !is_of_build(module->name))
			continue;
		lua_pushlightuserdata(L, (void *)(uintptr_t)module);
		lua_pushcclosure(L, load_embedded, 1);
		lua_setfield(L, -2, module->name);
	}
	lua_pop(L, 1);
	if (tree) {
		lua_getfield(L, -1, "path");
		lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", tree, tree, lua_tostring(L, -1));
		lua_setfield(L, -3, "path");
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

static int prepare(lua_State *L)
{
	const char *tree = getenv("LUATRACE_LUA");

	luaL_openlibs(L);
	lua_getglobal(L, "require");
	lua_pushliteral(L, "ffi");
	lua_call(L, 1, 1);
	lua_setglobal(L, "ffi");	/* `bit` is global already */
	lua_getglobal(L, "os");
	lua_pushcfunction(L, exit_closing);
	lua_setfield(L, -2, "exit");
	lua_pop(L, 1);
	preload(L, tree && *tree ? tree : NULL);
	return 0;
}

lua_State *cli_state_new(void)
{
	lua_State *L = luaL_newstate();

	if (!L)
		return NULL;
	if (lua_cpcall(L, prepare, NULL)) {
		cli_error("%s", lua_tostring(L, -1));
		lua_close(L);
		return NULL;
	}
	return L;
}
