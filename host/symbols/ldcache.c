/* SPDX-License-Identifier: MIT */
#include "ldcache.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>

/* As ldconfig writes it, in the machine's byte order. Before glibc 2.32 the older format came first, for programs
 * linked against libc 5 and 2.1, with this one behind it. */
static const char magic[] = "glibc-ld.so.cache1.1";
static const char old_magic[] = "ld.so-1.7.0";

struct header {
	char magic[20];
	uint32_t count;
	uint32_t strings_size;
	uint32_t unused[5];
};

struct entry {
	int32_t flags;
	uint32_t name, path;	/* offsets from the header */
	uint32_t os_version;
	uint64_t hwcap;		/* not 0: for processors that have this */
};

enum { OLD_HEADER = 16, OLD_ENTRY = 12 };

static const char *string_at(const char *data, size_t size, uint32_t offset)
{
	return offset < size && memchr(data + offset, '\0', size - offset) ? data + offset : NULL;
}

int lt_ldcache_each(const void *bytes, size_t size, lt_ldcache_fn *each, void *arg)
{
	const char *data = bytes;
	struct header header;
	int ret = 0;

	if (size >= OLD_HEADER && !memcmp(data, old_magic, sizeof(old_magic) - 1)) {
		uint32_t count;
		uint64_t skip;

		memcpy(&count, data + OLD_HEADER - sizeof(count), sizeof(count));
		skip = (OLD_HEADER + (uint64_t)count * OLD_ENTRY + 7) & ~7ull;
		if (skip > size)
			return -EINVAL;
		data += skip;
		size -= skip;
	}
	if (size < sizeof(header))
		return -EINVAL;
	memcpy(&header, data, sizeof(header));
	if (memcmp(header.magic, magic, sizeof(header.magic)) ||
	    header.count > (size - sizeof(header)) / sizeof(struct entry))
		return -EINVAL;
	for (uint32_t i = 0; i < header.count && !ret; i++) {
		const char *name, *path;
		struct entry entry;

		memcpy(&entry, data + sizeof(header) + i * sizeof(entry), sizeof(entry));
		name = string_at(data, size, entry.name);
		path = string_at(data, size, entry.path);
		if (name && path)
			ret = each(arg, name, path, entry.hwcap);
	}
	return ret;
}
