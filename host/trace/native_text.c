/* SPDX-License-Identifier: MIT */
#include "native_text.h"
#include "compiler.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **make_arguments(const struct lt_prog_dump *dump)
{
	char **arguments = calloc(dump->native_count + 3, sizeof(*arguments));
	uint32_t count = 0;
	bool ok = arguments && (arguments[count++] = strdup("luatrace-cc")) && (arguments[count++] = strdup("--disassemble"));

	for (uint32_t i = 0; ok && i < dump->native_count; i++)
		ok = asprintf(&arguments[count++], "%" PRIx64 ":%x", dump->addresses[i], dump->lengths[i]) > 0;
	if (ok)
		return arguments;
	lt_compiler_free_arguments(arguments);
	return NULL;
}

int lt_native_text(const struct lt_prog_dump *dump, lt_blob *out, lt_error *err)
{
	static const lt_compile_opts nothing;
	struct compile_cache cache = { 0 };
	char path[PATH_MAX], **arguments = make_arguments(dump);
	struct compiler_job job = {
		.doing = "disassemble", .seconds = LT_CC_WALL_SECONDS, .most = (uint64_t)LT_CC_FILE_MB << 20,
		.path = path, .arguments = arguments, .input = dump->image, .input_size = dump->image_size,
		.opts = &nothing, .cache = &cache,
	};
	lt_blob messages = { 0 };
	int code = arguments ? lt_compiler_find(path, sizeof(path), err) : lt_fail(err, -ENOMEM, "disassemble: out of memory");

	if (!code)
		code = lt_compiler_run(&job, out, &messages, err);
	lt_blob_free(&messages);
	lt_compiler_free_arguments(arguments);
	return code;
}
