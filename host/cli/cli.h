/* SPDX-License-Identifier: MIT
 *
 * What the files of the command line share.
 */
#ifndef LT_CLI_H
#define LT_CLI_H
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "../luatrace.h"

typedef struct lua_State lua_State;

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* ---- text.c ---- */

/* One message on stderr, "luatrace: " before and a newline after. */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- file.c ---- */

/* stdin, stdout and stderr are open, and stdout is buffered by what it is. */
void cli_stdio_prepare(void);
/* Flushes stdout. The exit status: `status`, or CLI_FAILED after a message when the output did not arrive. */
int cli_finish(int status);

struct cli_text {
	char *data;	/* malloc'ed, NUL after the last byte */
	size_t size;
};
/* Reads all of `path`, "-" for stdin. 0 or -errno. */
int cli_read(const char *path, struct cli_text *out);
/* Replaces `path` by a file that holds `data`, whole or not at all; what is no regular file (a device, a pipe) is
 * written to. "-" is stdout. 0 or -errno. */
int cli_write(const char *path, const void *data, size_t size);

/* ---- options.c ---- */

/* After getopt_long() said '?' or ':': one message that names the option and the nearest known one. Long options
 * have values from CLI_LONG on. Returns CLI_USAGE. */
enum { CLI_LONG = 256 };
int cli_bad_option(char **argv, int answer, const char *short_options, const struct option *long_options,
		   const char *help);

/* ---- tools.c ---- */

/* The folder of luatrace's own tools (malloc'ed), or NULL. */
char *cli_tool_folder(void);
/* --trust: collections that others could have changed are as good as any. */
void cli_trust_collections(void);
bool cli_collections_trusted(void);
/* --signed: a key of minisign's that all that is run must be signed by, or by another that is given so. */
bool cli_trust_key(const char *key);
/* NULL ends them; NULL: there are none. */
const char *const *cli_trusted_keys(void);

/* ---- lua_state.c, report.c ---- */

/* A Lua state with the runtime's modules to require, or NULL when there is no memory. */
lua_State *cli_state_new(void);
/* The message handler of every call into Lua: turns an error into the text for a person, or into `true` when it is
 * only the interruption that ends a run. */
int cli_report(lua_State *L);
/* In the registry: true after an error that says that the command line is wrong. */
#define CLI_WRONG_WORDS "luatrace.wrong_words"
/* Whether a function, of which lua_getinfo() said "S" and "l", is the script's. */
typedef struct lua_Debug lua_Debug;
bool cli_is_script_frame(const lua_Debug *frame);

/* ---- script.c ---- */

/* Who runs: argv[first..] are the arguments, everything before them can be seen at negative indexes of `arg`. */
struct cli_script {
	const char *path;	/* a file, "-" for stdin; NULL: a tool, chunks, or a module */
	bool bundle;		/* the file is a bundle; the first argument may say which of its tools is meant */
	const char *tool;	/* found by this name */
	char *nearest;		/* after CLI_NO_TOOL: the name that is meant perhaps (malloc'ed), or NULL */
	const char *module;	/* its `main` is called; NULL: path or chunks */
	char *const *chunks;	/* of -e */
	int chunk_count;
	bool plain;		/* the module runs nobody's scripts, or sees to it that they are signed where they have to be */
	bool repl;		/* an interrupt ends what runs, not the process */
	const char *command;	/* of -c, or NULL */
	int argc;
	char **argv;
	int first;
};
/* Runs it in a state of its own and reports errors. Returns the exit status, or CLI_NO_TOOL where there is none of that
 * name, which has not been said yet. */
enum { CLI_NO_TOOL = -1 };
int cli_script_run(struct cli_script *script);

/* ---- command.c ---- */

/* Starts the command of -c, held, for the script that will run in L and with its lua_close() as end. NULL after a
 * message. */
const lt_child *cli_command_start(lua_State *L, const char *text);
/* The exit status: the command's, where the script's is no other. */
int cli_command_finish(const lt_child *child, int status);

/* ---- cc.c ---- */

/* `luatrace cc`: argv[0] is "cc". Returns the exit status. */
int cli_cc(int argc, char **argv);

/* ---- probes.c ---- */

/* `luatrace probes`: argv[0] is "probes". Returns the exit status. */
int cli_probes(int argc, char **argv);

/* ---- repl.c ---- */

/* `luatrace repl`, and luatrace alone on a terminal: argv[0] is "repl". Returns the exit status. */
int cli_repl(int argc, char **argv);

/* ---- cache.c ---- */

/* `luatrace cache`: argv[0] is "cache". Returns the exit status. */
int cli_cache(int argc, char **argv);
#endif
