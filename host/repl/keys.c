/* SPDX-License-Identifier: MIT */
#include "keys.h"
#include "../luatrace.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A key's bytes come together; Escape alone is told from the beginning of one by the silence behind it. */
#define KEY_NS 50000000ull
/* Ctrl-C has the kernel drop what came before it, also the end of what is being pasted. */
enum { LOST_MS = 100 };
enum { PASTED_MAX = 4 << 20, SEQUENCE_MAX = 32 };

static const char paste_start[] = "\033[200~", paste_end[] = "\033[201~";
enum { MARK_SIZE = sizeof(paste_end) - 1 };

/* How many bytes the character at `at` has; 0: its rest has not come. What can't be its rest is another. */
static size_t character_size(const char *at, size_t size)
{
	unsigned char first = (unsigned char)*at;
	size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;

	for (size_t i = 1; i < length; i++)
		if (i == size || (at[i] & 0xc0) != 0x80)
			return i == size ? 0 : i;
	return length;
}

/* The same of a key. */
static size_t key_size(const char *at, size_t size)
{
	size_t length;

	if (*at != '\033')
		return character_size(at, size);
	if (size < 2)
		return 0;
	if (at[1] == 'O')
		return size > 2 ? 3 : 0;
	if (at[1] == '\033')
		return 1;
	if (at[1] != '[') {
		length = character_size(at + 1, size - 1);
		return length ? length + 1 : 0;
	}
	/* parameters, then one byte that says what it is; a byte that is neither belongs to something else */
	for (length = 2; length < size && length < SEQUENCE_MAX; length++) {
		if (at[length] < ' ' || at[length] > '~')
			return length;
		if (at[length] >= '@' && !(length == 2 && at[2] == '['))
			return length + 1;
	}
	return length == SEQUENCE_MAX ? length : 0;
}

/* Reads once, if there is something. Whether there was. */
static bool fill(struct lt_keys *keys)
{
	struct pollfd ready = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t got;

	if (keys->start) {
		memmove(keys->bytes, keys->bytes + keys->start, keys->end - keys->start);
		keys->end -= keys->start;
		keys->start = 0;
	}
	if (keys->ended || keys->end == sizeof(keys->bytes) || poll(&ready, 1, 0) <= 0)
		return false;
	got = read(STDIN_FILENO, keys->bytes + keys->end, sizeof(keys->bytes) - keys->end);
	if (got > 0)
		keys->end += (size_t)got;
	else if (!got || (errno != EINTR && errno != EAGAIN))
		keys->ended = true;
	return got > 0;
}

static void add_pasted(struct lt_keys *keys, const char *from, size_t size)
{
	keys->pasted_whole += size;
	if (keys->pasted_whole > PASTED_MAX)	/* a part of it would be something else */
		return;
	if (keys->pasted_size + size > keys->pasted_room) {
		size_t room = (keys->pasted_size + size) * 2;
		char *grown = realloc(keys->pasted, room);

		if (!grown) {
			keys->pasted_whole = PASTED_MAX + 1;
			return;
		}
		keys->pasted = grown;
		keys->pasted_room = room;
	}
	/* terminals send the Enter key's byte for a line's end, some with the other behind it */
	for (size_t i = 0; i < size; i++) {
		if (from[i] != '\n' || !keys->after_return)
			keys->pasted[keys->pasted_size++] = from[i] == '\r' ? '\n' : from[i];
		keys->after_return = from[i] == '\r';
	}
}

/* Takes what was pasted out of the bytes, up to the mark of its end. Whether that has come. */
static bool take_pasted(struct lt_keys *keys)
{
	const char *from = keys->bytes + keys->start;
	size_t size = keys->end - keys->start;
	const char *mark = memmem(from, size, paste_end, MARK_SIZE);

	if (mark) {
		add_pasted(keys, from, (size_t)(mark - from));
		keys->start += (size_t)(mark - from) + MARK_SIZE;
		return true;
	}
	/* the mark's beginning may be there */
	if (size < MARK_SIZE)
		return false;
	add_pasted(keys, from, size - MARK_SIZE + 1);
	keys->start = keys->end - MARK_SIZE + 1;
	return false;
}

/* What was pasted is whole. */
static void end_pasted(struct lt_keys *keys)
{
	keys->pasting = false;
	keys->took_pasted = true;
	if (keys->pasted_whole <= PASTED_MAX)
		return;
	fprintf(stderr, "luatrace: what was pasted is left out, for it is larger than %d MiB; ':run FILE' runs a file\n",
		PASTED_MAX >> 20);
	keys->pasted_size = 0;
}

void lt_keys_begin(struct lt_keys *keys)
{
	struct pollfd more = { .fd = STDIN_FILENO, .events = POLLIN };

	if (keys->pasting && poll(&more, 1, LOST_MS) == 0) {
		keys->pasting = false;
		keys->start = keys->end;
	}
}

int lt_keys_next(struct lt_keys *keys, const char **key, size_t *size)
{
	for (;;) {
		size_t left, length;

		if (keys->pasting) {
			if (take_pasted(keys)) {
				end_pasted(keys);
				return LT_KEYS_PASTED;
			}
			if (!fill(keys))
				return keys->ended ? LT_KEYS_GONE : LT_KEYS_NONE;
			continue;
		}
		left = keys->end - keys->start;
		length = left ? key_size(keys->bytes + keys->start, left) : 0;
		if (!length && fill(keys))
			continue;
		if (!length && keys->ended)
			return LT_KEYS_GONE;
		if (!left)
			return LT_KEYS_NONE;
		if (!length) {
			if (!keys->since)
				keys->since = lt_now();
			if (lt_now() - keys->since < KEY_NS)
				return LT_KEYS_NONE;
			length = left;
		}
		keys->since = 0;
		*key = keys->key = keys->bytes + keys->start;
		*size = keys->key_size = length;
		keys->start += length;
		keys->took_pasted = false;
		if (length != MARK_SIZE || memcmp(*key, paste_start, MARK_SIZE))
			return LT_KEYS_KEY;
		keys->pasting = true;
		keys->pasted_size = keys->pasted_whole = 0;
		keys->after_return = false;
	}
}

const char *lt_keys_taken(const struct lt_keys *keys, uint64_t *size)
{
	*size = keys->took_pasted ? keys->pasted_size : keys->key_size;
	return keys->took_pasted ? keys->pasted : keys->key;
}

int32_t lt_keys_wait_ms(const struct lt_keys *keys)
{
	uint64_t passed;

	if (!keys->since)
		return keys->start != keys->end && !keys->pasting ? 0 : -1;
	passed = lt_now() - keys->since;
	return passed >= KEY_NS ? 0 : (int32_t)((KEY_NS - passed) / 1000000) + 1;
}

void lt_keys_free(struct lt_keys *keys)
{
	free(keys->pasted);
	keys->pasted = NULL;
}
