/* SPDX-License-Identifier: MIT
 *
 * luatrace: what is to be run.
 */
#include "cli.h"
#include "../symbols/similar.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <lua.h>
#include <luajit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_VERSION = CLI_LONG, OPTION_HELP, OPTION_VERBOSE, OPTION_TRUST, OPTION_SIGNED };

static const char short_options[] = "+:c:e:vh";
static const struct option long_options[] = {
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ "trust", no_argument, NULL, OPTION_TRUST },
	{ "signed", required_argument, NULL, OPTION_SIGNED },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static int run_module(const char *module, int argc, char **argv)
{
	struct cli_script script = { .module = module, .argc = argc, .argv = argv, .first = 1, .plain = true };

	return cli_script_run(&script);
}

static int run_doctor(int argc, char **argv)
{
	return run_module("luatrace.doctor", argc, argv);
}

static int run_list(int argc, char **argv)
{
	return run_module("luatrace.tool.list", argc, argv);
}

static int run_info(int argc, char **argv)
{
	return run_module("luatrace.tool.info", argc, argv);
}

static int run_replay(int argc, char **argv)
{
	return run_module("luatrace.tool.replay", argc, argv);
}

static int run_new(int argc, char **argv)
{
	return run_module("luatrace.tool.new", argc, argv);
}

static int run_bundle(int argc, char **argv)
{
	return run_module("luatrace.bundling", argc, argv);
}

static int run_complete(int argc, char **argv)
{
	return run_module("luatrace.tool.complete", argc, argv);
}

static const struct command {
	const char *name;
	const char *summary;	/* NULL: nobody types it */
	int (*run)(int argc, char **argv);	/* argv[0] is the name */
} commands[] = {
	{ "repl", "a prompt to trace at; so does luatrace alone, on a terminal", cli_repl },
	{ "list", "the tools that are run by name; those that match a pattern", run_list },
	{ "info", "what a tool does, costs and looks like", run_info },
	{ "new", "write a tool to begin with", run_new },
	{ "replay", "show again what a tool recorded with --record", run_replay },
	{ "bundle", "a script or a collection in one file, for machines without a compiler", run_bundle },
	{ "cc", "compile BPF C text, show a stage of it, try it on the verifier", cli_cc },
	{ "probes", "what can be attached to, with arguments", cli_probes },
	{ "cache", "the compiled texts that are kept: list or clear", cli_cache },
	{ "complete", NULL, run_complete },
	{ "doctor", "what this machine can trace, what is missing, and how to mend it", run_doctor },
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_usage(FILE *out)
{
	fprintf(out, "usage: luatrace [-v]\n"
		     "       luatrace [-v] [-c 'command'] script.lua [argument...]\n"
		     "       luatrace [-v] [-c 'command'] -e 'chunk of Lua' [argument...]\n"
		     "       luatrace [-v] [-c 'command'] bundle.ltb [tool] [argument...]\n"
		     "       luatrace [-v] command [argument...]\n");
}

static void print_help(void)
{
	print_usage(stdout);
	printf("\n"
	       "Runs a Lua script that traces the kernel and programs with BPF. Without one, on\n"
	       "a terminal, it is a prompt.\n"
	       "\n"
	       "  -c COMMAND     start COMMAND once the script's probes are on; its end ends the\n"
	       "                 run\n"
	       "  -e CHUNK       run CHUNK instead of a script; count(), hist(), trace(),\n"
	       "                 stacks(), latency() are there:\n"
	       "                 -e 'count(\"tracepoint:syscalls:sys_enter_*\")'\n"
	       "  -              as the script: read it from standard input\n"
	       "  -v, --verbose  say what was chosen and why, and show full logs; -vv adds\n"
	       "                 libbpf's messages\n"
	       "      --trust    run tools of collections that others could have changed, too\n"
	       "      --signed KEY  run nothing but bundles that this key has signed: a public\n"
	       "                 key of minisign's, or the file that has it; also by\n"
	       "                 LUATRACE_SIGNED\n"
	       "      --version  print the version\n"
	       "  -h, --help     print this\n"
	       "\nOptions end at the script's name; what follows is the script's, in `arg` and\n"
	       "`...`.\n"
	       "\ncommands (luatrace COMMAND --help):\n");
	for (int i = 0; i < COMMANDS; i++)
		if (commands[i].summary)
			printf("  %-8s %s\n", commands[i].name, commands[i].summary);
	printf("\nTools are run by name, as 'luatrace opensnoop'; 'luatrace list' has them all.\n");
}

static void print_version(void)
{
	printf("luatrace %s\n%s, libbpf %s\n", lt_version(), LUAJIT_VERSION, libbpf_version_string());
}

/* How to write the name of a file of the current directory that `name` may have meant, or "". */
static void name_file(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s.lua", name);
	if (!access(out, F_OK))
		return;
	snprintf(out, size, "./%s", name);
	if (access(out, F_OK))
		*out = '\0';
}

/* `tool`: the name of one that may be meant, or NULL. */
static int unknown_name(const char *name, const char *tool)
{
	char file[4096];
	lt_similar similar;

	lt_similar_start(&similar, name);
	for (int i = 0; i < COMMANDS; i++)
		if (commands[i].summary)
			lt_similar_offer(&similar, commands[i].name, strlen(commands[i].name));
	if (tool)
		lt_similar_offer(&similar, tool, strlen(tool));
	name_file(file, sizeof(file), name);
	if (*file)
		cli_error("'%s': no such command or tool; to run the file, write 'luatrace %s'", name, file);
	else if (similar.count)
		cli_error("'%s': no such command or tool; did you mean '%s'?", name, similar.best[0].name);
	else
		cli_error("'%s': no such command or tool; 'luatrace --help' lists the commands, 'luatrace list' the tools", name);
	return CLI_USAGE;
}

/* argv[at] says what to run. */
static int run_name(int argc, char **argv, int at, const char *command)
{
	struct cli_script script = { .argc = argc, .argv = argv, .first = at + 1, .command = command };
	const char *name = argv[at], *dot = strrchr(name, '.');
	int status;

	script.bundle = dot && strcmp(dot, ".ltb") == 0;
	if (script.bundle || strcmp(name, "-") == 0 || strchr(name, '/') || (dot && strcmp(dot, ".lua") == 0)) {
		script.path = name;
		return cli_script_run(&script);
	}
	for (int i = 0; i < COMMANDS; i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		if (!command)
			return commands[i].run(argc - at, argv + at);
		cli_error("-c goes with a script or a tool, not with '%s'", name);
		return CLI_USAGE;
	}
	script.tool = name;
	status = cli_script_run(&script);
	if (status == CLI_NO_TOOL)
		status = unknown_name(name, script.nearest);
	free(script.nearest);
	return status;
}

static int run_chunks(int argc, char **argv, char *const *chunks, int count, const char *command)
{
	struct cli_script script = {
		.chunks = chunks, .chunk_count = count, .argc = argc, .argv = argv, .first = optind, .command = command,
	};

	return cli_script_run(&script);
}

/* False after a message. */
static bool take_key(const char *from, const char *key)
{
	if (*key)
		return cli_trust_key(key);
	cli_error("%s is empty: it takes a public key of minisign's, or the file that has it%s", from,
		  *from == '-' ? "" : "; unset it to run what is not signed");
	return false;
}

static bool take_signed_variable(void)
{
	const char *key = getenv("LUATRACE_SIGNED");

	return !key || take_key("LUATRACE_SIGNED", key);
}

static int run(int argc, char **argv, char **chunks)
{
	int option, verbosity = 0, chunk_count = 0;
	const char *command = NULL;

	opterr = 0;
	while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			command = optarg;
			break;
		case 'e':
			chunks[chunk_count++] = optarg;
			break;
		case 'v':
		case OPTION_VERBOSE:
			lt_set_verbosity(++verbosity);
			break;
		case OPTION_SIGNED:
			if (!take_key("--signed", optarg))
				return CLI_USAGE;
			break;
		case OPTION_TRUST:
			cli_trust_collections();
			break;
		case 'h':
		case OPTION_HELP:
			print_help();
			return CLI_OK;
		case OPTION_VERSION:
			print_version();
			return CLI_OK;
		default:
			return cli_bad_option(argv, option, short_options, long_options, "luatrace --help");
		}
	}
	if (!take_signed_variable())
		return CLI_FAILED;
	if (chunk_count)
		return run_chunks(argc, argv, chunks, chunk_count, command);
	if (optind < argc)
		return run_name(argc, argv, optind, command);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !command)
		return cli_repl(1, (char *[]){ "repl", NULL });
	print_usage(stderr);
	return CLI_USAGE;
}

/* Called as bcc-lua: its options, its scripts. */
static bool is_bcc_lua(const char *name)
{
	return name && strcmp(basename(name), "bcc-lua") == 0;
}

static int run_bcc_lua(int argc, char **argv)
{
	struct cli_script script = { .module = "luatrace.bcclua.main", .argc = argc, .argv = argv, .first = 1 };

	if (!take_signed_variable())
		return CLI_FAILED;
	return cli_script_run(&script);
}

int main(int argc, char **argv)
{
	char **chunks;
	int rc, status;

	cli_stdio_prepare();
	rc = lt_signals_install();
	chunks = calloc((size_t)argc + 1, sizeof(*chunks));
	if (rc || !chunks) {
		cli_error("cannot start: %s", strerror(rc ? -rc : ENOMEM));
		free(chunks);
		return CLI_FAILED;
	}
	status = is_bcc_lua(argv[0]) ? run_bcc_lua(argc, argv) : run(argc, argv, chunks);
	free(chunks);
	return cli_finish(status);
}
