/* SPDX-License-Identifier: MIT
 *
 * An input read as decisions: a byte each, 0 after its end, so that every input is good and a short one is small.
 */
#ifndef LT_FUZZ_BYTES_H
#define LT_FUZZ_BYTES_H
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	const uint8_t *at, *end;
};

static inline unsigned byte(struct bytes *bytes)
{
	return bytes->at < bytes->end ? *bytes->at++ : 0;
}

static inline unsigned below(struct bytes *bytes, unsigned limit)
{
	return byte(bytes) % limit;
}

static inline uint32_t word(struct bytes *bytes)
{
	uint32_t value = byte(bytes);

	value |= byte(bytes) << 8;
	value |= byte(bytes) << 16;
	return value | (uint32_t)byte(bytes) << 24;
}

/* Of exactly this size and NUL-less, so that a step beyond it is seen. To be freed. */
static inline void *exact_copy(const void *data, size_t size)
{
	void *copy = malloc(size ? size : 1);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

/* The part up to the next NUL or the end; the NUL is passed over. */
static inline size_t part_length(const struct bytes *bytes)
{
	return strnlen((const char *)bytes->at, bytes->end - bytes->at);
}

static inline char *part(struct bytes *bytes)
{
	size_t length = part_length(bytes);
	char *copy = malloc(length + 1);

	memcpy(copy, bytes->at, length);
	copy[length] = '\0';
	bytes->at += length;
	bytes->at += bytes->at < bytes->end;
	return copy;
}
#endif
