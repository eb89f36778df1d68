/* SPDX-License-Identifier: MIT */
#include "functions.h"
#include "symbol_id.h"
#include "elf_file.h"
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	IDLE_LIMIT = 16,	/* tables kept without a user: libc's will be wanted again */
	NESTING_LIMIT = 16,	/* how far back to look for a function that surrounds smaller ones */
	FUNCTIONS_A_BUCKET = 1,
};

struct entry {
	uint64_t address;
	uint32_t size;		/* 0: up to the next one */
	uint32_t name;		/* offset in names */
};

struct lt_functions {
	lt_functions *next;	/* of all shared tables, the latest used first */
	dev_t dev;
	ino_t inode;
	struct timespec time;
	off_t file_size;
	uint32_t users;
	uint32_t serial;	/* no other table has it, nor will have it */
	bool shared;
	lt_elf_segments segments;
	struct entry *entries;
	uint32_t count;
	char *names;
	/* Where in entries to look: buckets[i] is the first one whose address lies at least i << shift above that of
	 * the first of all. */
	uint32_t *buckets;
	uint32_t bucket_count;
	uint8_t shift;
};

/* Shared between the processes that are looked at, whichever handle they belong to (luatrace.h promises it). */
static lt_functions *tables;

uint32_t lt_symbol_serial(void)
{
	static uint32_t last;

	last = last < (1u << 21) - 1 ? last + 1 : 1;
	return last;
}

/* ---- building ------------------------------------------------------------------------------------------------ */

/* While building: names are still those of the file. */
struct candidate {
	uint64_t address;
	const char *name;
	uint32_t length, size;
	uint32_t rank;		/* among names of one address the lowest wins */
};

struct builder {
	struct candidate *list;
	uint32_t count, room;
	int error;
};

static int collect(void *arg, const lt_elf_symbol *symbol)
{
	struct builder *builder = arg;
	uint32_t underscores = 0;

	if (!symbol->defined || !(symbol->function || symbol->ifunc))
		return 0;
	if (builder->count == builder->room) {
		uint32_t room = builder->room ? builder->room * 2 : 256;
		struct candidate *list = realloc(builder->list, (size_t)room * sizeof(*list));

		if (!list)
			return builder->error = -ENOMEM;
		builder->list = list;
		builder->room = room;
	}
	while (underscores < 8 && underscores < symbol->length && symbol->name[underscores] == '_')
		underscores++;
	builder->list[builder->count++] = (struct candidate){
		.address = symbol->address,
		.name = symbol->name,
		.length = (uint32_t)symbol->length,
		.size = symbol->size < UINT32_MAX ? (uint32_t)symbol->size : UINT32_MAX,
		/* The name people call it by: sized, exported, without a prefix, the short one. */
		.rank = (symbol->size ? 0 : 1u << 30) + (symbol->binding == STB_LOCAL ? 1u << 29 : 0) +
			(underscores << 16) + (uint32_t)symbol->length,
	};
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	/* For the same answer on every run. */
	return memcmp(x->name, y->name, x->length);
}

static int keep(lt_functions *functions, struct builder *builder)
{
	size_t names_size = 0;
	uint32_t count = 0;
	char *name;

	if (!builder->count)
		return 0;
	qsort(builder->list, builder->count, sizeof(*builder->list), by_address);
	for (uint32_t i = 0; i < builder->count; i++) {
		if (count && builder->list[count - 1].address == builder->list[i].address)
			continue;
		builder->list[count++] = builder->list[i];
		names_size += builder->list[i].length + 1;
	}
	if (names_size > UINT32_MAX)
		return -EFBIG;
	functions->entries = malloc(count * sizeof(*functions->entries));
	functions->names = name = malloc(names_size);
	if (!functions->entries || !name)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		const struct candidate *from = &builder->list[i];

		functions->entries[i] = (struct entry){ from->address, from->size,
							(uint32_t)(name - functions->names) };
		memcpy(name, from->name, from->length);
		name[from->length] = '\0';
		name += from->length + 1;
	}
	functions->count = count;
	return 0;
}

/* A binary search over all of a large program's functions misses the processor's cache at each step. */
static int make_buckets(lt_functions *functions)
{
	const struct entry *entries = functions->entries;
	uint32_t count = functions->count;
	uint64_t span;

	if (!count)
		return 0;
	span = entries[count - 1].address - entries[0].address;
	while (span >> functions->shift > count / FUNCTIONS_A_BUCKET)
		functions->shift++;
	functions->bucket_count = (uint32_t)(span >> functions->shift) + 1;
	functions->buckets = malloc((functions->bucket_count + 1) * sizeof(*functions->buckets));
	if (!functions->buckets)
		return -ENOMEM;
	for (uint32_t i = 0, bucket = 0; bucket <= functions->bucket_count; bucket++) {
		while (i < count && (entries[i].address - entries[0].address) >> functions->shift < bucket)
			i++;
		functions->buckets[bucket] = i;
	}
	return 0;
}

static void destroy(lt_functions *functions)
{
	if (!functions)
		return;
	free(functions->segments.list);
	free(functions->entries);
	free(functions->names);
	free(functions->buckets);
	free(functions);
}

static int build(lt_elf_file *file, lt_functions **out)
{
	lt_functions *functions = calloc(1, sizeof(*functions));
	struct builder builder = { 0 };
	int ret = -ENOMEM;

	if (!functions)
		goto out;
	lt_elf_file_each_symbol(file, collect, &builder);
	ret = builder.error ? builder.error : keep(functions, &builder);
	if (!ret)
		ret = make_buckets(functions);
	if (ret)
		goto out;
	functions->segments = file->elf.segments;
	file->elf.segments.list = NULL;
	functions->users = 1;
	functions->serial = lt_symbol_serial();
	*out = functions;
	functions = NULL;
out:
	free(builder.list);
	destroy(functions);
	return ret;
}

/* ---- sharing ------------------------------------------------------------------------------------------------- */

static bool is_file(const lt_functions *functions, const struct stat *st)
{
	return functions->dev == st->st_dev && functions->inode == st->st_ino &&
	       functions->file_size == st->st_size && functions->time.tv_sec == st->st_mtim.tv_sec &&
	       functions->time.tv_nsec == st->st_mtim.tv_nsec;
}

int lt_functions_get(int fd, int root, lt_functions **out)
{
	lt_elf_file file;
	struct stat st;
	int ret;

	*out = NULL;
	if (fstat(fd, &st))
		return -errno;
	for (lt_functions **at = &tables, *f; (f = *at); at = &f->next) {
		if (!is_file(f, &st))
			continue;
		*at = f->next;
		f->next = tables;
		tables = f;
		f->users++;
		*out = f;
		return 0;
	}
	ret = lt_elf_file_open(&file, fd, root);
	if (!ret)
		ret = build(&file, out);
	lt_elf_file_close(&file);
	if (ret)
		return ret;
	(*out)->shared = true;
	(*out)->dev = st.st_dev;
	(*out)->inode = st.st_ino;
	(*out)->time = st.st_mtim;
	(*out)->file_size = st.st_size;
	(*out)->next = tables;
	tables = *out;
	return 0;
}

int lt_functions_get_image(void *image, size_t size, lt_functions **out)
{
	lt_elf_file file = { .fd = -1, .debug_fd = -1 };
	int ret = lt_elf_open_memory(&file.elf, image, size);

	*out = NULL;
	if (!ret)
		ret = build(&file, out);
	lt_elf_file_close(&file);
	return ret;
}

void lt_functions_put(lt_functions *functions)
{
	uint32_t idle = 0;

	if (!functions || --functions->users)
		return;
	if (!functions->shared) {
		destroy(functions);
		return;
	}
	for (lt_functions **at = &tables, *f; (f = *at);) {
		if (!f->users && ++idle > IDLE_LIMIT) {
			*at = f->next;
			destroy(f);
		} else {
			at = &f->next;
		}
	}
}

/* ---- looking up ---------------------------------------------------------------------------------------------- */

/* How many functions begin at `place` or below. */
static uint32_t count_up_to(const lt_functions *functions, uint64_t place)
{
	const struct entry *entries = functions->entries;
	uint64_t bucket;
	uint32_t low, high;

	if (!functions->count || place < entries[0].address)
		return 0;
	bucket = (place - entries[0].address) >> functions->shift;
	if (bucket >= functions->bucket_count)
		return functions->count;
	low = functions->buckets[bucket];
	high = functions->buckets[bucket + 1];
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (entries[middle].address <= place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int lt_functions_find(const lt_functions *functions, uint64_t file_offset, lt_function *out)
{
	const struct entry *entries = functions->entries;
	uint64_t place, start;
	uint32_t low;

	memset(out, 0, sizeof(*out));
	if (!lt_elf_to_address(&functions->segments, file_offset, &place))
		return -ERANGE;
	out->address = place;
	low = count_up_to(functions, place);
	for (uint32_t i = low; i > 0 && low - i < NESTING_LIMIT; i--) {
		const struct entry *e = &entries[i - 1];

		/* One without a size ends at the next symbol, and cannot reach over the border of a segment. */
		if (e->size ? place - e->address >= e->size
			    : i != low || !lt_elf_to_offset(&functions->segments, e->address, &start) ||
				      file_offset - start != place - e->address)
			continue;
		out->name = functions->names + e->name;
		out->address = e->address;
		out->offset = place - e->address;
		out->id = lt_symbol_id(functions->serial, i - 1);
		return 0;
	}
	return -ENOENT;
}
