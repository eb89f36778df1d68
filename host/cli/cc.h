/* SPDX-License-Identifier: MIT
 *
 * What the files of `luatrace cc` share.
 */
#ifndef LT_CLI_CC_H
#define LT_CLI_CC_H
#include "cli.h"

struct cc_type {	/* of --type FUNCTION=KIND[:TARGET] */
	char *function;
	char *kind;
	char *target;	/* NULL if none was given */
};

struct cc_options {
	const char *path;	/* of the text, "-" for stdin */
	const char *output;	/* of -o, NULL if none */
	int emit;		/* LT_EMIT_*, -1 if none was asked for */
	bool load, portable;
	const char *btf, *kernel, *config;	/* NULL: the running kernel's */
	const char **module_btf; /* further --btf */
	uint32_t module_btf_count;
	char **cflags;		/* "-DNAME=1" */
	uint32_t cflag_count;
	struct cc_type *types;
	char **type_words;	/* "FUNCTION=KIND", for the compiler */
	uint32_t type_count;
};

/* ---- cc.c ---- */

/* Prints `text`, painted as a message is, with the file's name where it says program.c:LINE. */
void cc_print(const struct cc_options *options, FILE *stream, const char *text, size_t size);

/* ---- cc_options.c ---- */

/* 0, or the exit status + 1 after a message or the help. cc_options_free() in any case. */
int cc_options_parse(struct cc_options *options, int argc, char **argv);
void cc_options_free(struct cc_options *options);

/* ---- cc_load.c ---- */

/* Whether each function of --type is a program of the object. Returns the exit status. */
int cc_types_check(const struct cc_options *options, const lt_object *object);
/* Loads each program and prints a line for it. Returns the exit status. */
int cc_load(const struct cc_options *options, lt_object *object);
#endif
