/* SPDX-License-Identifier: MIT
 *
 * `luatrace cc --load`: tries each program on the verifier.
 */
#include "cc.h"
#include "../symbols/similar.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cc_types_check(const struct cc_options *options, const lt_object *object)
{
	int status = CLI_OK;

	for (uint32_t i = 0; i < options->type_count; i++) {
		const char *function = options->types[i].function;
		lt_program_info info;
		lt_similar similar;

		if (lt_object_find_program(object, function) >= 0)
			continue;
		lt_similar_start(&similar, function);
		for (uint32_t n = 0; n < lt_object_program_count(object); n++) {
			if (!lt_object_program(object, n, &info))
				lt_similar_offer(&similar, info.name, strlen(info.name));
		}
		cli_error("--type %s=%s: the text has no program '%s'%s%s", function, options->types[i].kind, function,
			  similar.count ? "; similar: " : "", similar.count ? similar.best[0].name : "");
		status = CLI_FAILED;
	}
	return status;
}

static const struct cc_type *asked_type(const struct cc_options *options, const char *function)
{
	/* The last one counts, as with other options. */
	for (uint32_t i = options->type_count; i-- > 0; ) {
		if (strcmp(options->types[i].function, function) == 0)
			return &options->types[i];
	}
	return NULL;
}

/* One line, whatever `why` holds. */
static void print_refused(const struct cc_options *options, const char *name, const char *kind, const char *why,
			  const char *log)
{
	static const char verifier[] = "the verifier refused it: ";
	char *line, *prefix = NULL;

	/* The line names the program already. */
	if (asprintf(&prefix, "program '%s': ", name) > 0 && strncmp(why, prefix, strlen(prefix)) == 0)
		why += strlen(prefix);
	if (strncmp(why, verifier, strlen(verifier)) == 0)
		why += strlen(verifier);
	free(prefix);
	line = strdup(why);
	for (char *at = line; at && *at; at++) {
		if (*at == '\n' || *at == '\r')
			*at = ' ';
	}
	printf("%s %s refused: ", name, kind);
	cc_print(options, stdout, line ? line : why, strlen(why));
	putchar('\n');
	free(line);
	if (!log || !*log || !lt_verbosity())
		return;
	fflush(stdout);
	cc_print(options, stderr, log, strlen(log));
	if (log[strlen(log) - 1] != '\n')
		fputc('\n', stderr);
}

/* Whether the program was loaded. `failure` is what kept the whole object out of the kernel, or NULL. */
static bool load_program(const struct cc_options *options, lt_object *object, const lt_program_info *info,
			 const lt_error *failure)
{
	const struct cc_type *type = asked_type(options, info->name);
	const char *kind = type ? type->kind : *info->kind ? info->kind : "kprobe";
	const char *target = type ? type->target : NULL;
	bool own = strcmp(kind, info->kind) == 0 && !target;
	lt_error err = { 0 };
	int fd;

	if (failure) {
		print_refused(options, info->name, kind, failure->message, failure->log);
		return false;
	}
	if (own && info->refused) {
		print_refused(options, info->name, kind, info->refused, info->log);
		return false;
	}
	fd = lt_program_load(object, info->name, kind, target, &err);
	if (fd >= 0)
		printf("%s %s loaded\n", info->name, kind);
	else
		print_refused(options, info->name, kind, *err.message ? err.message : strerror(-fd), err.log);
	lt_error_clear(&err);
	return fd >= 0;
}

/* Whether any program came as far as the verifier. */
static bool was_tried(const lt_object *object, uint32_t count)
{
	lt_program_info info;

	for (uint32_t i = 0; i < count; i++) {
		if (!lt_object_program(object, i, &info) && (info.fd >= 0 || info.refused))
			return true;
	}
	return false;
}

int cc_load(const struct cc_options *options, lt_object *object)
{
	uint32_t count = lt_object_program_count(object);
	lt_error err = { 0 };
	int status = CLI_OK;
	bool failed;

	if (!count) {
		cli_error("%s: there is no program in the text to load", options->path);
		return CLI_FAILED;
	}
	/* It fails also when one program of several is refused: each is asked for below. */
	failed = lt_object_load(object, &err) && !was_tried(object, count);
	for (uint32_t i = 0; i < count && !lt_interrupted(); i++) {
		lt_program_info info;

		if (!lt_object_program(object, i, &info) && !load_program(options, object, &info, failed ? &err : NULL))
			status = CLI_FAILED;
	}
	lt_error_clear(&err);
	return lt_interrupted() ? 128 + lt_interrupted() : status;
}
