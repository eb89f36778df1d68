/* SPDX-License-Identifier: MIT */
#include "config_file.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* A kernel's is a quarter of this. */
enum { CONFIG_MAX = 1 << 20 };

char *config_unpack(const char *data, size_t size)
{
	z_stream stream = { .next_in = (void *)data, .avail_in = size };
	char *lines;
	int code;

	if (size < 2 || memcmp(data, "\x1f\x8b", 2))
		return size && memchr(data, '\0', size) ? NULL : strndup(data, size);
	lines = malloc(CONFIG_MAX + 1);
	if (!lines || inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) {
		free(lines);
		return NULL;
	}
	stream.next_out = (void *)lines;
	stream.avail_out = CONFIG_MAX;
	code = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	lines[stream.total_out] = '\0';
	if (code == Z_STREAM_END && strlen(lines) == stream.total_out)
		return lines;
	free(lines);
	return NULL;
}

const char *config_find(const char *lines, const char *name, size_t *length)
{
	size_t size = strlen(name);

	for (const char *at = lines; (at = strstr(at, name)); at += size) {
		if ((at == lines || at[-1] == '\n') && at[size] == '=') {
			at += size + 1;
			*length = strcspn(at, "\r\n");
			return at;
		}
	}
	return NULL;
}
