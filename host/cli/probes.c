/* SPDX-License-Identifier: MIT
 *
 * `luatrace probes`: what can be attached to.
 */
#include "cli.h"
#include "../message.h"
#include <stdlib.h>
#include <string.h>

enum { OPTION_HELP = CLI_LONG, OPTION_VERBOSE };
enum { WIDTH = 80 };

static const char short_options[] = "+:vh";
static const struct option long_options[] = {
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static void print_help(void)
{
	int column;

	printf("usage: luatrace probes [-v] [PATTERN...]\n"
	       "\nLists what this kernel can attach programs to, as KIND:TARGET, a line each.\n\n"
	       "PATTERN is KIND:TARGET, both with * and ? as in a shell, or a part of a target:\n"
	       "  luatrace probes 'kprobe:tcp_*'\n"
	       "  luatrace probes -v tracepoint:sched:sched_switch\n"
	       "  luatrace probes 'usdt:/usr/bin/python3:*'       (a file's, when it is named)\n"
	       "  luatrace probes sleep\n"
	       "\n  -v, --verbose  arguments too, with their types; of kretprobe and fexit also\n"
	       "                 the result's\n"
	       "  -h, --help     print this\n");
	column = printf("\nkinds:") - 1;
	for (unsigned i = 0; lt_kind_name(i); i++) {
		const char *name = lt_kind_name(i);

		if (column + 1 + (int)strlen(name) > WIDTH)
			column = printf("\n      ") - 1;
		column += printf(" %s", name);
	}
	printf("\n");
}

/* Names are the kernel's and files': on a terminal their control characters are shown. */
static int list(const char *pattern, bool details)
{
	lt_error err = { 0 };
	lt_blob out;
	int count = lt_probe_list(pattern, details, &out, &err);

	if (count < 0)
		cli_error("%s", err.message);
	else if (!count)
		cli_error("'%s': nothing here can be attached to by that name (luatrace probes --help)", pattern);
	else
		lt_text_put(stdout, out.data, out.size, false);
	lt_blob_free(&out);
	lt_error_clear(&err);
	return count > 0 ? CLI_OK : CLI_FAILED;
}

int cli_probes(int argc, char **argv)
{
	bool details = false;
	int option, status = CLI_OK;

	optind = 0;	/* argv is another one than main's */
	while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		switch (option) {
		case 'v':
		case OPTION_VERBOSE:
			details = true;
			break;
		case 'h':
		case OPTION_HELP:
			print_help();
			return CLI_OK;
		default:
			return cli_bad_option(argv, option, short_options, long_options, "luatrace probes --help");
		}
	}
	if (optind == argc)
		return list("*", details);
	while (optind < argc) {
		int one = list(argv[optind++], details);

		status = status ? status : one;
	}
	return status;
}
