/* SPDX-License-Identifier: MIT
 *
 * What the program that walks a hash is told, and how it knows that it did not lose the way.
 */
#ifndef HASH_WALK_H
#define HASH_WALK_H

struct hash_walk {	/* in its read-only data */
	unsigned int key_size;
	unsigned int value_size;
	unsigned int room;	/* entries that the two copies hold */
	unsigned int mask;	/* of a hash's bits, those that are the number of its bucket */
};

struct hash_walk_place {
	unsigned int count;	/* entries so far */
	unsigned int bucket;	/* of the last of them */
	unsigned int within;	/* 1: and it was not the bucket's last */
};

/* Goes on to an entry of `bucket` whose link is `next`: that of another entry, or with bit 0 set the end of bucket
 * next >> 1. Returns 0 when the entry cannot follow the one before. */
static inline int hash_walk_follows(struct hash_walk_place *place, unsigned long long next, unsigned int bucket)
{
	int at_end = next & 1;

	if (place->within ? bucket != place->bucket : place->count && bucket <= place->bucket)
		return 0;
	if (at_end && next >> 1 != bucket)
		return 0;
	place->bucket = bucket;
	place->within = !at_end;
	place->count++;
	return 1;
}

#endif
