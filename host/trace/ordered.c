/* SPDX-License-Identifier: MIT */
#include "ordered.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The bytes of those that stay, which lie among those of others, into a room of their own. Without memory they stay
 * where they are. */
static void compact(struct lt_ordered *ordered)
{
	uint8_t *bytes = malloc(ordered->byte_room);
	uint64_t used = 0;

	if (!bytes)
		return;
	for (uint64_t i = 0; i < ordered->count; i++) {
		struct lt_ordered_entry *entry = &ordered->entries[i];

		memcpy(bytes + used, ordered->bytes + entry->offset, entry->size);
		entry->offset = used;
		used += entry->size;
	}
	free(ordered->bytes);
	ordered->bytes = bytes;
	ordered->byte_count = used;
}

void lt_ordered_begin(struct lt_ordered *ordered)
{
	uint64_t taken = ordered->next;

	ordered->count -= taken;
	ordered->next = 0;
	if (!ordered->count)
		ordered->byte_count = 0;
	if (!ordered->count || !taken)
		return;
	memmove(ordered->entries, ordered->entries + taken, ordered->count * sizeof(*ordered->entries));
	compact(ordered);
}

/* Room for `more` elements of `size` bytes behind the first `count` ones. */
static void *make_room(void *array, uint64_t count, uint64_t more, size_t size, uint64_t *room)
{
	uint64_t wanted = *room ? *room : 4096;
	void *grown;

	while (wanted < count + more)
		wanted *= 2;
	if (wanted == *room)
		return array;
	grown = realloc(array, wanted * size);
	if (grown)
		*room = wanted;
	return grown;
}

int lt_ordered_add(struct lt_ordered *ordered, uint64_t time, const lt_record *record)
{
	struct lt_ordered_entry *entries =
		make_room(ordered->entries, ordered->count, 1, sizeof(*entries), &ordered->room);
	uint8_t *bytes = make_room(ordered->bytes, ordered->byte_count, record->size, 1, &ordered->byte_room);

	if (entries)
		ordered->entries = entries;
	if (bytes)
		ordered->bytes = bytes;
	if (!entries || !bytes)
		return -ENOMEM;
	memcpy(bytes + ordered->byte_count, record->data, record->size);
	entries[ordered->count++] = (struct lt_ordered_entry){
		.time = time, .sequence = ordered->sequence++, .offset = ordered->byte_count,
		.size = record->size, .cpu = record->cpu,
	};
	ordered->byte_count += record->size;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct lt_ordered_entry *a = left, *b = right;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

void lt_ordered_sort(struct lt_ordered *ordered)
{
	if (ordered->count)
		qsort(ordered->entries, ordered->count, sizeof(*ordered->entries), compare);
}

int lt_ordered_take(struct lt_ordered *ordered, uint64_t until, lt_batch *batch)
{
	int count = 0;

	while (count < LT_BATCH_RECORDS && ordered->next < ordered->count) {
		const struct lt_ordered_entry *entry = &ordered->entries[ordered->next];

		if (entry->time > until)
			break;
		batch->records[count++] = (lt_record){
			.data = ordered->bytes + entry->offset, .size = entry->size, .cpu = entry->cpu,
		};
		ordered->next++;
	}
	return count;
}

void lt_ordered_free(struct lt_ordered *ordered)
{
	free(ordered->entries);
	free(ordered->bytes);
}
