/* SPDX-License-Identifier: MIT */
#include "similar.h"
#include <string.h>
#include <strings.h>

static const uint32_t NOT_NEAR = UINT32_MAX;
/* From here on names have no more than their beginning in common: shown only where there is nothing better. */
static const uint32_t WEAK = 60;

static uint64_t letters_of(const char *name, size_t length)
{
	uint64_t letters = 0;

	for (size_t i = 0; i < length; i++)
		letters |= 1ULL << (name[i] & 63);
	return letters;
}

void lt_similar_start(lt_similar *similar, const char *wanted)
{
	size_t length = strlen(wanted);

	memset(similar, 0, sizeof(*similar));
	similar->wanted = wanted;
	similar->length = length < LT_SIMILAR_NAME ? (uint32_t)length : LT_SIMILAR_NAME - 1;
	similar->limit = length < 3 ? 0 : length < 5 ? 1 : length < 9 ? 2 : 3;
	similar->letters = letters_of(wanted, similar->length);
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Edit distance where swapping two neighbours is one edit, for that is how people mistype. Only cells within `limit`
 * of the diagonal are computed, and it gives up as soon as a whole row is beyond it: nearly every name ends after
 * a few characters. */
static uint32_t distance(const char *a, uint32_t a_length, const char *b, uint32_t b_length, uint32_t limit)
{
	uint32_t rows[3][LT_SIMILAR_NAME + 1];
	uint32_t *before = rows[0], *above = rows[1], *row = rows[2];
	const uint32_t far = limit + 1;

	for (uint32_t j = 0; j <= b_length; j++)
		above[j] = before[j] = min_u32(j, far);
	for (uint32_t i = 1; i <= a_length; i++) {
		uint32_t from = i > limit ? i - limit : 1;
		uint32_t to = min_u32(i + limit, b_length);
		uint32_t least = row[from - 1] = from == 1 ? min_u32(i, far) : far;
		uint32_t *oldest = before;

		for (uint32_t j = from; j <= to; j++) {
			uint32_t cost = above[j - 1] + (a[i - 1] != b[j - 1]);

			cost = min_u32(cost, row[j - 1] + 1);
			/* The cell above the band's right end was never computed. */
			if (j < i + limit)
				cost = min_u32(cost, above[j] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost = min_u32(cost, before[j - 2] + 1);
			row[j] = min_u32(cost, far);
			least = min_u32(least, row[j]);
		}
		if (least > limit)
			return far;
		before = above;
		above = row;
		row = oldest;
	}
	return above[b_length];
}

static uint32_t near(const lt_similar *similar, const char *name, uint32_t length)
{
	uint32_t gap = length > similar->length ? length - similar->length : similar->length - length;
	uint64_t letters;

	if (!similar->limit || gap > similar->limit)
		return NOT_NEAR;
	/* A character that only one of the two has costs at least one edit. */
	letters = letters_of(name, length);
	if ((uint32_t)__builtin_popcountll(letters & ~similar->letters) > similar->limit ||
	    (uint32_t)__builtin_popcountll(similar->letters & ~letters) > similar->limit)
		return NOT_NEAR;
	gap = distance(similar->wanted, similar->length, name, length, similar->limit);
	return gap > similar->limit ? NOT_NEAR : gap;
}

/* The order in which a person would try them: what the compiler or the kernel made of the same name (`f.isra.0`),
 * a longer name that begins so (leading underscores apart), one typing error, the name inside a longer one, more
 * errors, a common beginning. */
static uint32_t score(const lt_similar *similar, const char *name, uint32_t length)
{
	uint32_t wanted = similar->length, common = 0, underscores = 0, edits;

	while (common < wanted && common < length && similar->wanted[common] == name[common])
		common++;
	if (common == wanted && wanted) {
		if (common == length)
			return 0;
		return name[common] == '.' || name[common] == '@' ? 4 : 8 + min_u32((length - common) / 2, 40);
	}
	while (underscores < length && name[underscores] == '_')
		underscores++;
	if (wanted >= 3 && length - underscores >= wanted && !memcmp(name + underscores, similar->wanted, wanted))
		return 8 + min_u32((length - wanted) / 2, 40);
	if (length == wanted && !strncasecmp(similar->wanted, name, length))
		return 2;
	edits = near(similar, name, length);
	if (edits != NOT_NEAR)
		return 14 * edits - 4;
	if (wanted >= 3 && length > wanted && memmem(name, length, similar->wanted, wanted))
		return 14 + min_u32((length - wanted) / 2, 40);
	if (common < 3 || common * 2 < wanted)
		return NOT_NEAR;
	if (common == length)
		return 30 + min_u32(wanted - common, 29);
	return WEAK + 4 * (wanted - common) + min_u32(length - common, 40);
}

void lt_similar_offer(lt_similar *similar, const char *name, size_t length)
{
	uint32_t points, at = similar->count;

	if (!length || length >= LT_SIMILAR_NAME)
		return;
	points = score(similar, name, (uint32_t)length);
	if (points == NOT_NEAR)
		return;
	for (size_t i = 0; i < length; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return;
	for (uint32_t i = 0; i < similar->count; i++)
		if (!strncmp(similar->best[i].name, name, length) && !similar->best[i].name[length])
			return;
	while (at && similar->best[at - 1].score > points)
		at--;
	if (at == LT_SIMILAR_COUNT)
		return;
	if (similar->count < LT_SIMILAR_COUNT)
		similar->count++;
	memmove(&similar->best[at + 1], &similar->best[at],
		(similar->count - 1 - at) * sizeof(similar->best[0]));
	similar->best[at].score = points;
	memcpy(similar->best[at].name, name, length);
	similar->best[at].name[length] = '\0';
}

int lt_similar_list(const lt_similar *similar, char *out, size_t size)
{
	size_t used = 0;
	uint32_t i;

	if (!size)
		return 0;
	for (i = 0; i < similar->count; i++) {
		size_t length = strlen(similar->best[i].name), comma = i ? 2 : 0;

		if (used + comma + length >= size)
			break;
		if (similar->best[i].score >= WEAK && similar->best[0].score < WEAK)
			break;
		memcpy(out + used, ", ", comma);
		memcpy(out + used + comma, similar->best[i].name, length);
		used += comma + length;
	}
	out[used] = '\0';
	return (int)i;
}
