/* SPDX-License-Identifier: MIT
 *
 * A text's compile: what luatrace-cc is told of it, and whether it was compiled before.
 */
#include "../compile_protocol.h"
#include "../error.h"
#include "compile_answer.h"
#include "compile_cache.h"
#include "compiler.h"
#include "../kernel/kernel_version.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct compile {
	const lt_compile_opts *opts;
	char path[PATH_MAX];	/* of luatrace-cc */
	char **arguments;
	struct compile_cache cache;
	lt_error *err;
};

void lt_blob_free(lt_blob *blob)
{
	if (!blob)
		return;
	free(blob->data);
	*blob = (lt_blob){ 0 };
}

static const char *const emit_names[] = { "object", "slice", "source", "ir", "asm", "listing", "completions" };

/* NUL bytes and broken UTF-8 are an editor's or a splicing script's accident; clang would name neither well. */
static int check_text(const lt_compile_opts *opts, lt_error *err)
{
	const unsigned char *text = (const unsigned char *)opts->text;
	unsigned line = 1;

	for (uint64_t i = 0; i < opts->text_size; i++) {
		int follow = text[i] < 0x80 ? 0 : (text[i] & 0xe0) == 0xc0 ? 1 : (text[i] & 0xf0) == 0xe0 ? 2 :
			     (text[i] & 0xf8) == 0xf0 ? 3 : -1;

		if (!text[i])
			return lt_fail(err, -EILSEQ, LT_CC_TEXT_NAME ":%u: the text has a NUL byte; remove it", line);
		if (text[i] == '\n')
			line++;
		for (; follow > 0 && i + 1 < opts->text_size && (text[i + 1] & 0xc0) == 0x80; follow--)
			i++;
		if (follow)
			return lt_fail(err, -EILSEQ, LT_CC_TEXT_NAME ":%u: the text is not UTF-8 (byte 0x%02x); save it as UTF-8",
				       line, text[i]);
	}
	return 0;
}

static int check_kernel(const lt_compile_opts *opts, lt_error *err)
{
	const char *release = opts->kernel_release;

	if (release && (strchr(release, '/') || !lt_kernel_version_code(release)))
		return lt_fail(err, -EINVAL, "kernel '%s': not a release such as 6.1.0-45-amd64", release);
	if (opts->config_path && access(opts->config_path, R_OK))
		return lt_fail(err, -errno, "kernel configuration: %s: %s", opts->config_path, strerror(errno));
	return 0;
}

/* The child works in another directory, so include directories go to it as absolute paths. */
static char *absolute_cflag(const lt_compile_opts *opts, uint32_t index)
{
	const char *directory = lt_include_directory(opts, index), *flag = opts->cflags[index];
	char path[PATH_MAX], *absolute;

	if (!directory || !realpath(directory, path))
		return strdup(flag);
	if (asprintf(&absolute, "%.*s%s", (int)(directory - flag), flag, path) < 0)
		return NULL;
	return absolute;
}

static bool is_running_kernel(const lt_compile_opts *opts)
{
	return !opts->btf_path && !opts->kernel_release && !opts->config_path;
}

static char **make_arguments(const lt_compile_opts *opts)
{
	size_t count = 0;
	char **arguments = calloc(opts->cflag_count + opts->type_count + 15, sizeof(*arguments));
	bool ok = arguments;

	if (!ok)
		return NULL;
	arguments[count++] = strdup("luatrace-cc");
	ok = asprintf(&arguments[count++], "--emit=%s", emit_names[opts->emit]) > 0;
	if (opts->emit == LT_EMIT_COMPLETIONS)
		ok = ok && asprintf(&arguments[count++], "--cursor=%" PRIu64, opts->cursor) > 0;
	if (lt_verbosity() > 0)
		arguments[count++] = strdup("--verbose");
	if (opts->portable)
		arguments[count++] = strdup("--portable");
	if (opts->btf_path && !opts->kernel_release)
		arguments[count++] = strdup("--foreign");
	ok = ok && asprintf(&arguments[count++], "--version-code=%u", opts->kernel_release ?
			    lt_kernel_version_code(opts->kernel_release) : lt_kernel_running_code()) > 0;
	ok = ok && asprintf(&arguments[count++], "--hz=%u", is_running_kernel(opts) ? lt_kernel_hz() : 0) > 0;
	ok = ok && asprintf(&arguments[count++], "--cpus=%d", lt_cpu_possible()) > 0;
	for (uint32_t i = 0; ok && i < opts->type_count; i++)
		ok = asprintf(&arguments[count++], "--type=%s", opts->types[i]) > 0;
	arguments[count++] = strdup("--");
	for (uint32_t i = 0; ok && i < opts->cflag_count; i++)
		ok = (arguments[count++] = absolute_cflag(opts, i));
	if (ok)
		return arguments;
	lt_compiler_free_arguments(arguments);
	return NULL;
}

/* What luatrace-cc is to be told, and whether it has been told before. */
static int prepare(struct compile *c)
{
	int failed = lt_compiler_find(c->path, sizeof(c->path), c->err);

	if (failed)
		return failed;
	c->arguments = make_arguments(c->opts);
	if (!c->arguments)
		return lt_fail(c->err, -ENOMEM, "compile: out of memory");
	lt_compile_cache_begin(&c->cache, c->opts, c->arguments, c->path);
	return 0;
}

static int run(struct compile *c, lt_blob *out, lt_blob *messages)
{
	bool completes = c->opts->emit == LT_EMIT_COMPLETIONS;
	const struct compiler_job job = {
		.doing = completes ? "complete" : "compile",
		.seconds = completes ? LT_CC_COMPLETE_SECONDS : LT_CC_WALL_SECONDS,
		.most = completes ? LT_CC_COMPLETIONS_SIZE : (uint64_t)LT_CC_FILE_MB << 20,
		.path = c->path, .arguments = c->arguments, .input = c->opts->text, .input_size = c->opts->text_size,
		.opts = c->opts, .cache = &c->cache,
	};
	int failed = lt_compiler_run(&job, out, messages, c->err);

	if (!failed)
		lt_compile_cache_keep(&c->cache, out, messages);
	return failed;
}

int lt_compile(const lt_compile_opts *opts, lt_blob *out, lt_blob *messages, lt_error *err)
{
	struct compile c = { .opts = opts, .err = err };
	int failed;

	*out = (lt_blob){ 0 };
	*messages = (lt_blob){ 0 };
	if (opts->emit < 0 || (size_t)opts->emit >= sizeof(emit_names) / sizeof(*emit_names))
		return lt_fail(err, -EINVAL, "compile: unknown stage %d", opts->emit);
	failed = check_text(opts, err);
	if (!failed)
		failed = check_kernel(opts, err);
	if (!failed)
		failed = prepare(&c);
	if (!failed && !lt_compile_cache_find(&c.cache, out, messages))
		failed = run(&c, out, messages);
	lt_compiler_free_arguments(c.arguments);
	lt_compile_cache_end(&c.cache);
	return failed;
}
