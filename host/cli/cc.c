/* SPDX-License-Identifier: MIT
 *
 * `luatrace cc`: compiles BPF C text on its own, shows any stage of it, and tries its programs on the verifier.
 */
#include "cc.h"
#include "../message.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the compiler calls the text in its messages. */
static const char text_name[] = "program.c";

static bool is_word_byte(char byte)
{
	return byte == '/' || byte == '.' || byte == '_' || byte == '-' || (byte >= '0' && byte <= '9') ||
	       (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static const char *shown_path(const struct cc_options *options)
{
	return strcmp(options->path, "-") == 0 ? "<stdin>" : options->path;
}

/* `text` with the file's name where it says program.c:LINE (malloc'ed, or NULL). */
static char *with_name(const struct cc_options *options, const char *text, size_t size, size_t *out_size)
{
	const char *end = text + size, *from = text, *at = text;
	char *out = NULL;
	FILE *file = open_memstream(&out, out_size);

	if (!file)
		return NULL;
	while ((at = memmem(at, (size_t)(end - at), text_name, sizeof(text_name) - 1))) {
		const char *after = at + sizeof(text_name) - 1;

		if (after < end && *after == ':' && (at == text || !is_word_byte(at[-1]))) {
			fwrite(from, 1, (size_t)(at - from), file);
			fputs(shown_path(options), file);
			from = after;
		}
		at = after;
	}
	fwrite(from, 1, (size_t)(end - from), file);
	if (fclose(file)) {
		free(out);
		return NULL;
	}
	return out;
}

void cc_print(const struct cc_options *options, FILE *stream, const char *text, size_t size)
{
	size_t named_size;
	char *named = with_name(options, text, size, &named_size);

	lt_text_put(stream, named ? named : text, named ? named_size : size, true);
	free(named);
}

/* The compiler's messages on stderr. */
static void show_messages(const struct cc_options *options, const char *text, size_t size)
{
	fflush(stdout);
	cc_print(options, stderr, text, size);
	if (size && text[size - 1] != '\n')
		fputc('\n', stderr);
}

static void show_failure(const struct cc_options *options, const lt_error *err)
{
	size_t size;
	char *named;

	if (err->log && *err->log)
		show_messages(options, err->log, strlen(err->log));
	/* Text that does not compile: the messages say it all. */
	if (err->log && *err->log && err->code == -EINVAL)
		return;
	named = with_name(options, err->message, strlen(err->message), &size);
	cli_error("%s", named ? named : err->message);
	free(named);
}

/* Compiles to one stage; `quiet` leaves out the warnings, which a compile before has shown. */
static int compile(const struct cc_options *options, const struct cli_text *text, int emit, bool quiet,
		   lt_blob *out)
{
	lt_compile_opts opts = {
		.text = text->data, .text_size = text->size,
		.cflags = (const char *const *)options->cflags, .cflag_count = options->cflag_count,
		.types = (const char *const *)options->type_words, .type_count = options->type_count,
		.btf_path = options->btf, .module_btf_paths = options->module_btf,
		.module_btf_count = options->module_btf_count, .kernel_release = options->kernel, .config_path = options->config,
		.emit = emit, .portable = options->portable,
	};
	lt_blob messages = { 0 };
	lt_error err = { 0 };
	int rc = lt_compile(&opts, out, &messages, &err), status = CLI_OK;

	if (rc == -EINTR && lt_interrupted()) {
		status = 128 + lt_interrupted();
	} else if (rc) {
		show_failure(options, &err);
		status = CLI_FAILED;
	} else if (messages.data && !quiet) {
		show_messages(options, messages.data, messages.size);
	}
	lt_blob_free(&messages);
	lt_error_clear(&err);
	return status;
}

static int write_result(const struct cc_options *options, const lt_blob *result)
{
	const char *output = options->output ? options->output : "-";
	/* of the stages, it alone has lines that are named */
	bool names_lines = options->emit == LT_EMIT_LISTING;
	size_t size = result->size;
	char *named = names_lines ? with_name(options, result->data, result->size, &size) : NULL;
	int rc = cli_write(output, named ? named : result->data, size);

	free(named);
	if (!rc)
		return CLI_OK;
	cli_error("%s: %s", strcmp(output, "-") == 0 ? "standard output" : output, strerror(-rc));
	return CLI_FAILED;
}

/* An object shows whether --type names programs of the text, and is what is loaded. */
static bool needs_object(const struct cc_options *options)
{
	bool early = options->emit == LT_EMIT_SLICE || options->emit == LT_EMIT_SOURCE;

	return options->load || options->emit == LT_EMIT_OBJECT || options->emit < 0 ||
	       (options->type_count && !early);
}

/* The object: checked, written, loaded, as far as that was asked for. */
static int use_object(const struct cc_options *options, const lt_blob *elf)
{
	bool look_inside = options->load || options->type_count;
	lt_object *object = NULL;
	lt_error err = { 0 };
	int status = CLI_OK;

	if (look_inside && lt_object_open(elf->data, elf->size, &object, &err)) {
		show_failure(options, &err);
		status = CLI_FAILED;
	}
	if (!status && look_inside)
		status = cc_types_check(options, object);
	if (!status && options->emit == LT_EMIT_OBJECT)
		status = write_result(options, elf);
	if (!status && options->load)
		status = cc_load(options, object);
	lt_object_free(object);
	lt_error_clear(&err);
	return status;
}

/* An object of ours, from a file: there is nothing left to do but to load it. */
static bool is_object(const struct cli_text *text)
{
	return text->size >= 4 && memcmp(text->data, "\177ELF", 4) == 0;
}

static int run_object(const struct cc_options *options, const struct cli_text *text)
{
	const lt_blob elf = { .data = text->data, .size = text->size };

	if (options->load && !options->output && options->emit < 0)
		return use_object(options, &elf);
	cli_error("%s: compiled already; an object can be loaded (--load), and no more", shown_path(options));
	return CLI_USAGE;
}

static int run(const struct cc_options *options, const struct cli_text *text)
{
	bool has_stage = options->emit > LT_EMIT_OBJECT;
	lt_blob stage = { 0 }, object = { 0 };
	int status = CLI_OK;

	if (has_stage)
		status = compile(options, text, options->emit, false, &stage);
	if (has_stage && !status)
		status = write_result(options, &stage);
	if (!status && needs_object(options))
		status = compile(options, text, LT_EMIT_OBJECT, has_stage, &object);
	if (!status && object.data)
		status = use_object(options, &object);
	lt_blob_free(&stage);
	lt_blob_free(&object);
	return status;
}

int cli_cc(int argc, char **argv)
{
	struct cc_options options;
	struct cli_text text = { 0 };
	int status = cc_options_parse(&options, argc, argv), rc;

	if (status) {
		status--;
		goto out;
	}
	if (options.emit == LT_EMIT_OBJECT && (!options.output || strcmp(options.output, "-") == 0) &&
	    lt_is_terminal(STDOUT_FILENO)) {
		cli_error("cc: an object is not written to a terminal; -o OUT.o");
		status = CLI_USAGE;
		goto out;
	}
	rc = cli_read(options.path, &text);
	if (rc) {
		cli_error("%s: %s", options.path, strerror(-rc));
		status = CLI_FAILED;
	} else if (!text.size) {
		cli_error("%s: the text is empty", shown_path(&options));
		status = CLI_FAILED;
	} else {
		status = is_object(&text) ? run_object(&options, &text) : run(&options, &text);
	}
out:
	free(text.data);
	cc_options_free(&options);
	return status;
}
