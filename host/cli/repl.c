/* SPDX-License-Identifier: MIT
 *
 * `luatrace repl`: the prompt.
 */
#include "cli.h"
#include "../repl/screen.h"
#include <string.h>

enum { OPTION_HELP = CLI_LONG };

static const char short_options[] = "+:h";
static const struct option long_options[] = {
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static void print_help(void)
{
	printf("usage: luatrace repl [script.lua [argument...]]\n\n"
	       "A prompt at which Lua is run line by line, beside the events of what it traces.\n"
	       "The script, if any, runs first, and what it attached stays. At the prompt,\n"
	       "':help' lists the commands. When standard input is no terminal, there is no\n"
	       "prompt, and the exit status is 1 if a line failed.\n\n"
	       "  -h, --help  print this\n");
}

int cli_repl(int argc, char **argv)
{
	struct cli_script script = { .module = "luatrace.repl", .repl = true, .argc = argc, .argv = argv };
	int option, code;

	optind = 0;
	while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (option != 'h' && option != OPTION_HELP)
			return cli_bad_option(argv, option, short_options, long_options, "luatrace repl --help");
		print_help();
		return CLI_OK;
	}
	code = lt_screen_install();
	if (code) {
		cli_error("repl: %s", strerror(-code));
		return CLI_FAILED;
	}
	script.first = optind;
	return cli_script_run(&script);
}
