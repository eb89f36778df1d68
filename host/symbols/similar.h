/* SPDX-License-Identifier: MIT
 *
 * "Did you mean": the few names of a long list that are nearest to one that was not found. Start it, offer every
 * name there is, take the list. Any source of names will do: symbols, tracepoints, libraries.
 */
#ifndef LT_SIMILAR_H
#define LT_SIMILAR_H
#include <stddef.h>
#include <stdint.h>

enum {
	LT_SIMILAR_COUNT = 5,
	LT_SIMILAR_NAME = 256,	/* longer names are no help in a message and are left out */
};

typedef struct lt_similar {
	const char *wanted;	/* the caller's; must outlive the struct */
	uint32_t length;
	uint32_t limit;		/* the largest edit distance that counts as near */
	uint64_t letters;	/* which characters `wanted` has, folded to 64 bits */
	uint32_t count;
	struct {
		uint32_t score;	/* 0 is nearest */
		char name[LT_SIMILAR_NAME];
	} best[LT_SIMILAR_COUNT];
} lt_similar;

void lt_similar_start(lt_similar *similar, const char *wanted);
/* `name` is copied if it is among the nearest. Names with anything but printable ASCII are left out: they may come
 * from a file one should not trust, and the list goes to a terminal. */
void lt_similar_offer(lt_similar *similar, const char *name, size_t length);
/* Writes "a, b, c", nearest first, as many as fit. Returns how many; `out` is empty when none is near. */
int lt_similar_list(const lt_similar *similar, char *out, size_t size);

#endif
