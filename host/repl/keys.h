/* SPDX-License-Identifier: MIT
 *
 * From the bytes that a terminal sends to keys, and to what was pasted.
 */
#ifndef LT_REPL_KEYS_H
#define LT_REPL_KEYS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LT_KEYS_ROOM = 4096 };

struct lt_keys {
	bool plain;		/* set by the caller: keys are not to edit */
	bool ended;
	bool pasting, after_return;
	size_t start, end;	/* of what is in `bytes` */
	uint64_t since;		/* when the beginning of a key came whose rest did not, or 0 */
	char bytes[LT_KEYS_ROOM];
	const char *key;
	size_t key_size;
	char *pasted;
	size_t pasted_size, pasted_room;
	size_t pasted_whole;	/* how much came, kept or not */
	bool took_pasted;	/* it was the last that was given */
};

enum { LT_KEYS_NONE, LT_KEYS_GONE, LT_KEYS_KEY, LT_KEYS_PASTED };

/* To be called when keys have not been looked for in a while. */
void lt_keys_begin(struct lt_keys *keys);
/* The next key, of bytes that are valid until the next call. */
int lt_keys_next(struct lt_keys *keys, const char **key, size_t *size);
/* The last key, or what was pasted. */
const char *lt_keys_taken(const struct lt_keys *keys, uint64_t *size);
/* Until a key that is not whole counts as it is; -1: there is none. */
int32_t lt_keys_wait_ms(const struct lt_keys *keys);
void lt_keys_free(struct lt_keys *keys);

#endif
