/* SPDX-License-Identifier: MIT
 *
 * `luatrace cache`: what compiled texts are kept.
 */
#include "cli.h"
#include "../message.h"
#include "../trace/cache_folder.h"
#include "../trace/compile_cache.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char short_options[] = "+:h";
static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static void print_help(void)
{
	printf("usage: luatrace cache [list|clear]\n\n"
	       "Shows the compiled texts that are kept, the last used first, or removes them\n"
	       "all.\n\n"
	       "A script's BPF text is compiled once: as long as text, cflags, included files,\n"
	       "luatrace and kernel are the same, its object is taken from the folder that\n"
	       "`luatrace cache` names. The least recently used go when there are more than\n"
	       "100 MiB. LUATRACE_CACHE in the environment is another folder (an absolute path),\n"
	       "or 'off'.\n\n"
	       "  -h, --help     print this\n");
}

static void print_size(uint64_t bytes, int width)
{
	if (bytes < 1 << 20)
		printf("%*llu KiB", width, (unsigned long long)(bytes >> 10));
	else
		printf("%*.1f MiB", width, (double)bytes / (1 << 20));
}

static int list(const char *path)
{
	struct cache_item *items;
	char reason[256], when[32];
	int count = lt_cache_list(&items, reason);
	uint64_t total = 0;

	if (count < 0) {
		cli_error("%s", reason);
		return CLI_FAILED;
	}
	if (count)
		printf("%-16s  %8s  %-16s  %s\n", "entry", "size", "last used", "for");
	for (int i = 0; i < count; i++) {
		char *label = lt_compile_cache_label(items[i].key);
		time_t used = items[i].used;
		struct tm local;

		strftime(when, sizeof(when), "%Y-%m-%d %H:%M", localtime_r(&used, &local));
		printf("%016llx  ", (unsigned long long)items[i].key);
		print_size(items[i].size, 4);
		printf("  %s  ", when);
		label ? lt_text_put(stdout, label, strlen(label), true) : (void)fputs("(not readable)", stdout);
		putchar('\n');
		free(label);
		total += items[i].size;
	}
	free(items);
	printf("%s%d %s, ", count ? "\n" : "", count, count == 1 ? "entry" : "entries");
	print_size(total, 0);
	printf(", in %s\n", path);
	return CLI_OK;
}

static int clear(const char *path)
{
	char reason[256];
	uint64_t bytes;
	int count = lt_cache_clear(&bytes, reason);

	if (count < 0) {
		cli_error("%s", reason);
		return CLI_FAILED;
	}
	printf("removed %d %s, ", count, count == 1 ? "entry" : "entries");
	print_size(bytes, 0);
	printf(", from %s\n", path);
	return CLI_OK;
}

int cli_cache(int argc, char **argv)
{
	char path[PATH_MAX];
	const char *what;
	int option;

	optind = 0;	/* argv is another one than main's */
	while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (option != 'h')
			return cli_bad_option(argv, option, short_options, long_options, "luatrace cache --help");
		print_help();
		return CLI_OK;
	}
	what = optind < argc ? argv[optind] : "list";
	if (optind + 1 < argc || (strcmp(what, "list") != 0 && strcmp(what, "clear") != 0)) {
		cli_error("cache: '%s': list or clear is what it can do", argv[optind + 1 < argc ? optind + 1 : optind]);
		return CLI_USAGE;
	}
	if (!lt_cache_path(path)) {
		cli_error("cache: nothing is kept: %s", path);
		return CLI_FAILED;
	}
	return strcmp(what, "clear") == 0 ? clear(path) : list(path);
}
