/* SPDX-License-Identifier: MIT
 *
 * What is said about an option that cannot be.
 */
#include "cli.h"
#include "../symbols/similar.h"
#include <ctype.h>
#include <string.h>

/* The same letter in the other case, or 0. */
static char other_case(const char *short_options, int letter)
{
	int other = islower(letter) ? toupper(letter) : tolower(letter);

	return isalpha(letter) && strchr(short_options, other) ? (char)other : 0;
}

static void known_options(char *out, size_t size, const char *short_options, const struct option *long_options)
{
	FILE *list = fmemopen(out, size, "w");

	if (!list)
		return;
	for (const char *letter = short_options; *letter; letter++) {
		if (isalpha((unsigned char)*letter))
			fprintf(list, "-%c ", *letter);
	}
	for (const struct option *option = long_options; option->name; option++)
		fprintf(list, "--%s%s", option->name, option[1].name ? " " : "");
	fclose(list);
}

static int unknown_option(const char *option, const char *nearest, const char *short_options,
			  const struct option *long_options, const char *help)
{
	char known[512] = "";

	if (*nearest) {
		cli_error("unknown option '%s'; did you mean '%s'? (%s)", option, nearest, help);
		return CLI_USAGE;
	}
	known_options(known, sizeof(known), short_options, long_options);
	cli_error("unknown option '%s'; known: %s (%s)", option, known, help);
	return CLI_USAGE;
}

int cli_bad_option(char **argv, int answer, const char *short_options, const struct option *long_options,
		   const char *help)
{
	const char *word = argv[optind - 1];
	lt_similar similar;
	char name[32], guess[260] = "";

	if (optopt && optopt < CLI_LONG) {	/* a letter; argv[optind] may or may not be past it */
		snprintf(name, sizeof(name), "-%c", optopt);
		if (answer == ':') {
			cli_error("option '%s' needs a value (%s)", name, help);
			return CLI_USAGE;
		}
		if (other_case(short_options, optopt))
			snprintf(guess, sizeof(guess), "-%c", other_case(short_options, optopt));
		return unknown_option(name, guess, short_options, long_options, help);
	}
	if (optopt) {
		cli_error("option '%s' %s (%s)", word, answer == ':' ? "needs a value" : "takes no value", help);
		return CLI_USAGE;
	}
	snprintf(guess, sizeof(guess), "%.*s", (int)strcspn(word, "="), word);
	lt_similar_start(&similar, guess + 2);
	for (const struct option *option = long_options; option->name; option++)
		lt_similar_offer(&similar, option->name, strlen(option->name));
	*guess = '\0';
	if (similar.count)
		snprintf(guess, sizeof(guess), "--%s", similar.best[0].name);
	return unknown_option(word, guess, short_options, long_options, help);
}
