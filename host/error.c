/* SPDX-License-Identifier: MIT */
#include "error.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int verbosity;

int lt_fail(lt_error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	lt_error_clear(err);
	err->code = code;
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return code;
}

void lt_error_set_log(lt_error *err, char *log)
{
	if (!err) {
		free(log);
		return;
	}
	free(err->log);
	err->log = log;
}

void lt_error_clear(lt_error *err)
{
	if (!err)
		return;
	free(err->log);
	err->log = NULL;
	err->code = 0;
	err->message[0] = '\0';
}

void lt_verbose(int level, const char *format, ...)
{
	va_list args;

	if (verbosity < level)
		return;
	va_start(args, format);
	fputs("luatrace: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

void lt_set_verbosity(int level)
{
	verbosity = level;
}

int lt_verbosity(void)
{
	return verbosity;
}
