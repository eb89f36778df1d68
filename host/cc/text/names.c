/* SPDX-License-Identifier: MIT */
#include "names.h"
#include "memory.h"
#include <string.h>

uint32_t name_hash(const char *text, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

static struct name *slot_of(const struct names *names, const char *text, size_t length, uint32_t hash)
{
	for (size_t i = hash & (names->room - 1);; i = (i + 1) & (names->room - 1)) {
		struct name *slot = &names->slots[i];

		if (!slot->text)
			return slot;
		if (slot->hash == hash && !strncmp(slot->text, text, length) && !slot->text[length])
			return slot;
	}
}

static void grow(struct names *names)
{
	struct names larger = { .room = names->room ? names->room * 2 : 1024, .count = names->count };

	larger.slots = allocate_zeroed(larger.room, sizeof(*larger.slots));
	for (size_t i = 0; i < names->room; i++) {
		struct name *old = &names->slots[i];

		if (old->text)
			*slot_of(&larger, old->text, strlen(old->text), old->hash) = *old;
	}
	free(names->slots);
	*names = larger;
}

struct name *names_add(struct names *names, const char *text, size_t length, uint32_t flags)
{
	uint32_t hash = name_hash(text, length);
	struct name *slot;

	if (2 * names->count >= names->room)
		grow(names);
	slot = slot_of(names, text, length, hash);
	if (!slot->text) {
		slot->text = copy_string(text, length);
		slot->hash = hash;
		names->count++;
	}
	slot->flags |= flags;
	return slot;
}

struct name *names_find(const struct names *names, const char *text)
{
	size_t length = strlen(text);
	struct name *slot;

	if (!names->room)
		return NULL;
	slot = slot_of(names, text, length, name_hash(text, length));
	return slot->text ? slot : NULL;
}

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->room; i++)
		free((char *)names->slots[i].text);
	free(names->slots);
	*names = (struct names){ 0 };
}
