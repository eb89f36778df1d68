/* SPDX-License-Identifier: MIT
 *
 * The command of -c: a child process that a script traces from its first instruction.
 */
#include "cli.h"
#include "../trace/child.h"
#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

/* Where the runtime finds it: a userdata that holds a lt_child *. */
static const char loaded_name[] = "luatrace.command";

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* One word from *at on, written to *to with a NUL: as a shell would read it, but that nothing is expanded. False when a
 * quote is not closed. */
static bool take_word(const char **at, char **to)
{
	char quote = 0;

	for (; **at && (quote || !is_blank(**at)); (*at)++) {
		char c = **at, next = (*at)[1];

		if (quote ? c == quote : c == '\'' || c == '"') {
			quote = quote ? 0 : c;
			continue;
		}
		/* Within double quotes a backslash protects what is special there, and stands for itself else. */
		if (c == '\\' && next && (!quote || (quote == '"' && strchr("\"\\$`", next))))
			c = *++*at;
		*(*to)++ = c;
	}
	*(*to)++ = '\0';
	return !quote;
}

/* The words of `text`, in one block with the array; NULL after the last. NULL after a message. */
static char **split(const char *text)
{
	size_t length = strlen(text), most = length / 2 + 1, count = 0;
	char **words = calloc(1, (most + 1) * sizeof(*words) + length + most + 1);
	char *to = words ? (char *)(words + most + 1) : NULL;

	if (!words) {
		cli_error("-c: %s", strerror(ENOMEM));
		return NULL;
	}
	for (;;) {
		while (is_blank(*text))
			text++;
		if (!*text)
			break;
		words[count++] = to;
		if (!take_word(&text, &to)) {
			cli_error("-c: a quote is not closed: %s", words[count - 1]);
			free(words);
			return NULL;
		}
	}
	if (count)
		return words;
	cli_error("-c: no command is given");
	free(words);
	return NULL;
}

static int free_child(lua_State *L)
{
	lt_child **child = lua_touserdata(L, 1);

	lt_child_free(*child);
	*child = NULL;
	return 0;
}

/* Owned by the state: closing that ends it, whatever way the script went. */
static int keep_child(lua_State *L)
{
	lt_child **slot = lua_newuserdata(L, sizeof(*slot));

	*slot = lua_touserdata(L, 1);
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, free_child);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "loaded");
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, loaded_name);
	return 0;
}

const lt_child *cli_command_start(lua_State *L, const char *text)
{
	char **words = split(text);
	lt_error err = { 0 };
	uint32_t count = 0;
	lt_child *child;

	if (!words)
		return NULL;
	while (words[count])
		count++;
	if (lt_child_start((const char *const *)words, count, &child, &err))
		cli_error("-c: %s", err.message);
	free(words);
	lt_error_clear(&err);
	if (!child || !lua_cpcall(L, keep_child, child))
		return child;
	cli_error("-c: %s", lua_tostring(L, -1));
	lt_child_free(child);
	return NULL;
}

int cli_command_finish(const lt_child *child, int status)
{
	if (status != CLI_OK)
		return status;
	if (!lt_child_is_held(child))
		return lt_child_exit_status(child);
	cli_error("-c: the command was not started: the script ended without waiting for anything (BPF.run() and "
		  "every other poll starts it)");
	return CLI_FAILED;
}
