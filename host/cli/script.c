/* SPDX-License-Identifier: MIT
 *
 * Runs one script, the chunks of -e, or a module of the runtime.
 */
#include "cli.h"
#include "../message.h"
#include "../repl/stop.h"
#include <errno.h>
#include <lauxlib.h>
#include <libgen.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Starts scripts, in the world that they are made for: ours, or bcc-lua's. */
#define LAUNCH "luatrace.bcclua.launch"
#define ONELINERS "luatrace.oneliners"

struct run {
	struct cli_script *script;
	char *path;		/* of the file; NULL: chunks, or a module */
	struct cli_text text;	/* of it; freed by who calls Lua, as what follows */
	char *folder;		/* of it; NULL: none, or not to be written into a search path */
	char *search;		/* where the modules of a tool's collection are, for package.path */
	int status;		/* of a module's main */
};

/* `arg` as in Lua: the script at 0, its arguments after it, what stood before it at negative indexes. */
static void set_arg(lua_State *L, const struct run *run)
{
	const struct cli_script *script = run->script;
	const char *zero = run->path ? run->path : script->module ? script->module : "-e";

	lua_createtable(L, script->argc - script->first, script->first + 1);
	lua_pushstring(L, zero);
	lua_rawseti(L, -2, 0);
	for (int i = 0; i < script->argc; i++) {
		int index = i - script->first + 1;

		if (index == 0)
			continue;
		lua_pushstring(L, script->argv[i]);
		lua_rawseti(L, -2, index);
	}
	lua_setglobal(L, "arg");
}

/* Tools are run, and listed, by name from anywhere, by root: what lies in or below the current directory is none of
 * their modules. */
static void drop_relative(lua_State *L, const char *field)
{
	const char *path, *end;
	luaL_Buffer kept;

	lua_getfield(L, -1, field);
	path = lua_tostring(L, -1);
	luaL_buffinit(L, &kept);
	for (; path && *path; path = end + (*end == ';')) {
		end = path + strcspn(path, ";");
		if (*path != '/')
			continue;
		luaL_addlstring(&kept, path, (size_t)(end - path));
		luaL_addchar(&kept, ';');
	}
	luaL_pushresult(&kept);
	lua_setfield(L, -3, field);
	lua_pop(L, 1);
}

static void set_path(lua_State *L, const struct run *run)
{
	lua_getglobal(L, "package");
	if (run->script->tool || run->script->bundle || (run->script->module && !run->script->repl)) {
		drop_relative(L, "path");
		drop_relative(L, "cpath");
	}
	if (run->folder) {
		lua_getfield(L, -1, "path");
		lua_pushfstring(L, "%s%s/?.lua;%s/?/init.lua;%s", run->search ? run->search : "", run->folder, run->folder,
				lua_tostring(L, -1));
		lua_setfield(L, -3, "path");
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* For lua/luatrace/tool.lua: "luatrace.words", by which it is run, the first of them argv[at]. */
static void remember_words(lua_State *L, const struct cli_script *script, int at)
{
	lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
	lua_pushstring(L, script->argv[at]);
	while (++at < script->first) {
		lua_pushfstring(L, " %s", script->argv[at]);
		lua_concat(L, 2);
	}
	lua_setfield(L, -2, "luatrace.words");
	lua_pop(L, 1);
}

static int push_args(lua_State *L, const struct cli_script *script)
{
	int count = script->argc - script->first;

	luaL_checkstack(L, count, "too many arguments");
	for (int i = script->first; i < script->argc; i++)
		lua_pushstring(L, script->argv[i]);
	return count;
}

/* What the runtime cannot read again from a file: "luatrace.chunks" maps chunk name to text, so that a message about
 * BPF C text can name the line of the script it stands in. */
static void remember_chunk(lua_State *L, const char *name, const char *text, size_t size)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "loaded");
	lua_createtable(L, 0, 1);
	lua_pushlstring(L, text, size);
	lua_setfield(L, -2, name);
	lua_setfield(L, -2, "luatrace.chunks");
	lua_pop(L, 2);
}

static void load_chunk(lua_State *L, const char *text, size_t size, const char *name)
{
	if (*name == '=')
		remember_chunk(L, name, text, size);
	/* Text only: bytecode is not verified by LuaJIT and can do anything to the process. */
	if (size && *text == LUA_SIGNATURE[0])
		luaL_error(L, "%s: this is LuaJIT bytecode; a script is text", name + 1);
	if (size >= 4 && !memcmp(text, "PK\3\4", 4))
		luaL_error(L, "%s: this is a zip archive; if it is a bundle, call it FILE.ltb", name + 1);
	/* A first line that begins with # is skipped by the lexer. */
	if (luaL_loadbufferx(L, text, size, name, "t"))
		lua_error(L);
}

/* Pushes a function of a module of the runtime. */
static void push_function(lua_State *L, const char *module, const char *function)
{
	lua_getglobal(L, "require");
	lua_pushstring(L, module);
	lua_call(L, 1, 1);
	lua_getfield(L, -1, function);
	lua_remove(L, -2);
}

/* For lua/luatrace/tool/collections.lua: "luatrace.scripts", the folder of luatrace's own tools, "luatrace.trusting"
 * and "luatrace.signed", keys. */
static void remember_tools(lua_State *L)
{
	char *folder = cli_tool_folder();

	lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
	lua_pushstring(L, folder ? folder : "");
	lua_setfield(L, -2, "luatrace.scripts");
	lua_pushboolean(L, cli_collections_trusted());
	lua_setfield(L, -2, "luatrace.trusting");
	lua_newtable(L);
	for (int i = 0; cli_trusted_keys() && cli_trusted_keys()[i]; i++) {
		lua_pushstring(L, cli_trusted_keys()[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "luatrace.signed");
	lua_pop(L, 1);
	free(folder);
}

static void call_module(lua_State *L, struct run *run)
{
	push_function(L, run->script->module, "main");
	lua_call(L, push_args(L, run->script), 1);
	run->status = (int)luaL_optinteger(L, -1, CLI_OK);
}

/* `count(…)` and so on without a require, for chunks of -e and what is typed at the prompt: looked up only where a
 * chunk names a global that is not there, so that its own are its own, and who does not use them does not pay. */
static const char *const oneliners[] = { "count", "hist", "latency", "stacks", "trace", NULL };

static int find_oneliner(lua_State *L)
{
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";

	for (int i = 0; oneliners[i]; i++) {
		if (!strcmp(oneliners[i], name)) {
			push_function(L, ONELINERS, name);
			return 1;
		}
	}
	return 0;
}

static void offer_oneliners(lua_State *L)
{
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, find_oneliner);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, LUA_GLOBALSINDEX);
}

/* Those that the chunks have started run on until Ctrl-C, and show what they have. */
static void finish_oneliners(lua_State *L)
{
	lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
	lua_getfield(L, -1, ONELINERS);
	if (lua_istable(L, -1)) {
		push_function(L, ONELINERS ".shell", "finish");
		lua_call(L, 0, 0);
	}
	lua_pop(L, 2);
}

static void run_chunks(lua_State *L, const struct cli_script *script)
{
	offer_oneliners(L);
	for (int i = 0; i < script->chunk_count; i++) {
		load_chunk(L, script->chunks[i], strlen(script->chunks[i]), "=(command line)");
		lua_call(L, push_args(L, script), 0);
	}
	finish_oneliners(L);
}

/* A tool of a collection that is run by its path has the collection's modules. */
static void find_modules(struct run *run)
{
	char *manifest = NULL;

	if (!run->search && run->folder && asprintf(&manifest, "%s/collection.lua", run->folder) > 0 &&
	    !access(manifest, F_OK) &&
	    asprintf(&run->search, "%s/lib/?.lua;%s/lib/?/init.lua;", run->folder, run->folder) < 0)
		run->search = NULL;
	free(manifest);
}

/* Reads the file of the script. */
static int read_script(struct run *run)
{
	char *real;
	int rc = cli_read(run->path, &run->text);

	if (rc) {
		cli_error("%s: %s", run->path, strerror(-rc));
		return rc;
	}
	if (strcmp(run->path, "-") == 0)
		return 0;
	/* Through links: a link in a folder of commands has its modules where the script is. */
	real = realpath(run->path, NULL);
	if (real && !strpbrk(real, ";?"))
		run->folder = strdup(dirname(real));
	free(real);
	find_modules(run);
	return 0;
}

static char *copy_field(lua_State *L, const char *field)
{
	char *copy = NULL;

	lua_getfield(L, -1, field);
	if (lua_isstring(L, -1))
		copy = strdup(lua_tostring(L, -1));
	lua_pop(L, 1);
	return copy;
}

/* The path of a tool by its name, and where its modules are. */
static bool find_tool(lua_State *L, struct run *run)
{
	push_function(L, "luatrace.tool.catalog", "locate");
	lua_pushstring(L, run->script->tool);
	lua_call(L, 1, 1);
	run->path = copy_field(L, "path");
	run->search = copy_field(L, "search");
	run->script->nearest = copy_field(L, "nearest");
	lua_pop(L, 1);
	return run->path && !read_script(run);
}

/* What is to be run of a bundle. */
static void open_bundle(lua_State *L, struct run *run)
{
	struct cli_script *script = run->script;
	size_t size;
	const char *text;

	push_function(L, "luatrace.bundle", "start");
	lua_pushstring(L, run->path);
	if (script->first < script->argc)
		lua_pushstring(L, script->argv[script->first]);
	lua_call(L, lua_gettop(L) - 2, 1);
	free(run->path);
	run->path = copy_field(L, "path");
	lua_getfield(L, -1, "taken");
	script->first += (int)lua_tointeger(L, -1);
	lua_getfield(L, -2, "text");
	text = lua_tolstring(L, -1, &size);
	run->text = (struct cli_text){ malloc(size + 1), size };
	if (!run->path || !run->text.data)
		luaL_error(L, "out of memory");
	memcpy(run->text.data, text, size + 1);
	lua_pop(L, 3);
}

static int run_protected(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	struct cli_script *script = run->script;
	int at = script->first - 1;

	if (script->module || script->tool || script->bundle)
		remember_tools(L);
	if (script->bundle)
		open_bundle(L, run);
	if (script->tool && !find_tool(L, run)) {
		run->status = run->path ? CLI_FAILED : CLI_NO_TOOL;
		return 0;
	}
	set_arg(L, run);
	set_path(L, run);
	if (script->repl)
		offer_oneliners(L);
	if (script->module) {
		call_module(L, run);
		return 0;
	}
	if (script->chunk_count)
		run_chunks(L, script);
	if (run->path) {
		bool is_stdin = strcmp(run->path, "-") == 0;
		const char *name = is_stdin ? "=stdin" : lua_pushfstring(L, "@%s", run->path);

		remember_words(L, script, at);
		push_function(L, LAUNCH, "run");
		load_chunk(L, run->text.data, run->text.size, name);
		lua_call(L, push_args(L, script) + 1, 0);
	}
	return 0;
}

/* Whether it is the function of a bcc-lua script that failed, which bcc-lua reports in a way of its own. */
static bool is_command(lua_State *L)
{
	bool runs = false;
	int top = lua_gettop(L);

	lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
	lua_getfield(L, -1, LAUNCH);
	if (lua_istable(L, -1)) {
		lua_getfield(L, -1, "command_runs");
		runs = lua_toboolean(L, -1);
	}
	lua_settop(L, top);
	return runs;
}

static int run_in(lua_State *L, struct run *run)
{
	const char *text;
	size_t size;

	lua_pushcfunction(L, cli_report);
	lua_pushcfunction(L, run_protected);
	lua_pushlightuserdata(L, run);
	if (!lua_pcall(L, 1, 0, 1))
		return run->status;
	if (lua_isboolean(L, -1))	/* interrupted: that is how a tracer ends */
		return CLI_OK;
	text = lua_tolstring(L, -1, &size);
	fflush(stdout);
	fputs(is_command(L) ? "[ERROR] " : "luatrace: ", stderr);
	lt_text_put(stderr, text ? text : "error", text ? size : 5, true);
	fputc('\n', stderr);
	lua_getfield(L, LUA_REGISTRYINDEX, CLI_WRONG_WORDS);
	return lua_toboolean(L, -1) ? CLI_USAGE : CLI_FAILED;
}

static int run_with_command(lua_State *L, struct run *run)
{
	const lt_child *child;

	if (!run->script->command)
		return run_in(L, run);
	child = cli_command_start(L, run->script->command);
	return child ? cli_command_finish(child, run_in(L, run)) : CLI_FAILED;
}

/* Where only bundles are run that certain keys have signed: luatrace.bundle looks at the signature, and refuses what
 * commands would read of other files. */
static bool is_allowed(const struct cli_script *script)
{
	const char *what = script->path ? script->path : script->tool ? script->tool : script->repl ? "the prompt" :
			   script->module ? script->argv[0] : "-e";

	if (!cli_trusted_keys() || script->bundle || script->plain)
		return true;
	cli_error("%s: only bundles (FILE.ltb) that are signed are run here, by --signed or LUATRACE_SIGNED", what);
	return false;
}

int cli_script_run(struct cli_script *script)
{
	struct run run = { .script = script, .path = script->path ? strdup(script->path) : NULL };
	int status = CLI_FAILED;
	lua_State *L = NULL;

	if (!is_allowed(script)) {
		free(run.path);
		return status;
	}

	if (!run.path || script->bundle || !read_script(&run))
		L = cli_state_new();
	if (L) {
		if (script->repl)
			lt_stop_functions_of(L);
		status = run_with_command(L, &run);
		lt_stop_functions_of(NULL);
		lua_close(L);
	}
	free(run.path);
	free(run.search);
	free(run.folder);
	free(run.text.data);
	return status;
}
