/* SPDX-License-Identifier: MIT */
#include "perf_map.h"
#include "root.h"
#include "symbol_id.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OVERLAP_LIMIT = 16 };	/* how many older functions to look at below an address */
static const off_t size_limit = 64 << 20;

struct entry {
	uint64_t start;
	uint32_t size;
	uint32_t name;		/* offset in text: of two lines, the later one's is larger */
};

struct lt_perf_map {
	struct stat st;		/* of the file when it was read */
	char *text;
	struct entry *entries;	/* by start, each start once */
	uint32_t count;
	uint32_t serial;
};

void lt_perf_map_free(lt_perf_map *map)
{
	if (!map)
		return;
	free(map->entries);
	free(map->text);
	free(map);
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A number in hexadecimal, with or without 0x, and a blank. */
static const char *parse_number(const char *at, uint64_t *value)
{
	const char *digits;

	if (at[0] == '0' && at[1] == 'x')
		at += 2;
	digits = at;
	for (*value = 0; at - digits < 16; at++) {
		int digit = hex_digit(*at);

		if (digit < 0)
			break;
		*value = *value << 4 | (uint64_t)digit;
	}
	return at == digits || *at != ' ' ? NULL : at + 1;
}

/* A line that the compiler is still writing has no end, and does not count. */
static int parse(lt_perf_map *map, size_t size)
{
	char *line = map->text, *end = map->text + size, *newline;
	uint32_t lines = 0;

	for (char *p = line; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		lines++;
	map->entries = malloc((lines + 1) * sizeof(*map->entries));
	if (!map->entries)
		return -ENOMEM;
	for (; (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
		uint64_t start = 0, length = 0;
		const char *name;

		*newline = '\0';
		name = parse_number(line, &start);
		name = name ? parse_number(name, &length) : NULL;
		if (name && *name && length && length <= UINT32_MAX)
			map->entries[map->count++] = (struct entry){ start, (uint32_t)length,
								     (uint32_t)(name - map->text) };
	}
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->name < y->name ? -1 : 1;
}

/* Code is thrown away and other code put there: the last line about a start is what counts. */
static void sort(lt_perf_map *map)
{
	uint32_t kept = 0;

	if (map->count)
		qsort(map->entries, map->count, sizeof(*map->entries), by_start);
	for (uint32_t i = 0; i < map->count; i++) {
		kept -= kept && map->entries[kept - 1].start == map->entries[i].start;
		map->entries[kept++] = map->entries[i];
	}
	map->count = kept;
}

static int read_all(lt_perf_map *map, int fd)
{
	size_t room = (size_t)(map->st.st_size < size_limit ? map->st.st_size : size_limit), size = 0;
	ssize_t n = 0;
	int ret;

	map->text = malloc(room + 1);
	if (!map->text)
		return -ENOMEM;
	while (size < room && (n = read(fd, map->text + size, room - size)) > 0)
		size += (size_t)n;
	if (n < 0)
		return -errno;
	map->text[size] = '\0';
	ret = parse(map, size);
	if (!ret)
		sort(map);
	return ret;
}

int lt_perf_map_read(int root, const char *path, uid_t owner, lt_perf_map **map)
{
	lt_perf_map *fresh;
	struct stat st;
	int ret = 0, fd = lt_root_open_own_file(root, path, owner);

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) || (*map && same(&st, &(*map)->st))) {
		close(fd);
		return 0;
	}
	fresh = calloc(1, sizeof(*fresh));
	if (fresh) {
		fresh->st = st;
		fresh->serial = lt_symbol_serial();
		ret = read_all(fresh, fd);
	}
	close(fd);
	if (!fresh || ret) {
		lt_perf_map_free(fresh);
		return fresh ? ret : -ENOMEM;
	}
	lt_perf_map_free(*map);
	*map = fresh;
	return 0;
}

int lt_perf_map_find(const lt_perf_map *map, uint64_t address, lt_function *out)
{
	const struct entry *best = NULL;
	uint32_t low = 0, high = map->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (map->entries[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (uint32_t i = low; i > 0 && low - i < OVERLAP_LIMIT; i--) {
		const struct entry *e = &map->entries[i - 1];

		if (address - e->start < e->size && (!best || e->name > best->name))
			best = e;
	}
	if (!best)
		return -ENOENT;
	*out = (lt_function){ .name = map->text + best->name, .address = best->start, .offset = address - best->start,
			      .id = lt_symbol_id(map->serial, (uint32_t)(best - map->entries)) };
	return 0;
}
