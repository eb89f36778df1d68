/* SPDX-License-Identifier: MIT
 *
 * libbpf's static linker, given one file, leaves DWARF out and deduplicates BTF types.
 */
#include "strip.h"
#include "ask.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

void strip_debug(struct text *object)
{
	int from = memfd_create("object", MFD_CLOEXEC), to = memfd_create("stripped", MFD_CLOEXEC);
	char from_path[64], to_path[64];
	struct bpf_linker *linker;
	struct text stripped = { 0 };

	if (from < 0 || to < 0 || write(from, object->data, object->size) != (ssize_t)object->size)
		die("memory file: %s", strerror(errno));
	libbpf_set_print(quiet);
	snprintf(from_path, sizeof(from_path), "/proc/self/fd/%d", from);
	snprintf(to_path, sizeof(to_path), "/proc/self/fd/%d", to);
	linker = bpf_linker__new(to_path, NULL);
	if (!linker || bpf_linker__add_file(linker, from_path, NULL) || bpf_linker__finalize(linker))
		die("stripping the object: %s", strerror(errno));
	bpf_linker__free(linker);
	stripped.data = read_whole(to, &stripped.size);
	if (!stripped.data)
		die("stripping the object: %s", strerror(errno));
	stripped.room = stripped.size;
	text_free(object);
	*object = stripped;
	close(from);
	close(to);
}
