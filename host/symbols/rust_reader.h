/* SPDX-License-Identifier: MIT
 *
 * Reading one of Rust's "v0" names: characters, numbers, identifiers, references back. Part of rust_v0.c.
 */
#ifndef LT_RUST_READER_H
#define LT_RUST_READER_H
#include "demangle.h"
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	DEPTH_LIMIT = 100,
	STEP_LIMIT = 20000,	/* references can make a short name a long way */
};

struct reader {
	const char *name;	/* after "_R" */
	size_t length, at;
	lt_demangled *out;
	uint64_t lifetimes;	/* bound by the binders around */
	unsigned int depth, steps;
	bool silent;		/* read, not written */
	bool failed;
};

static inline void write_text(struct reader *r, const char *text, size_t length)
{
	if (!r->silent && !r->failed)
		lt_demangled_add(r->out, text, length);
	if (r->out->full)
		r->failed = true;
}

static inline void put(struct reader *r, const char *text)
{
	write_text(r, text, strlen(text));
}

static inline void put_number(struct reader *r, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	put(r, text);
}

/* The next character; a failed reader is at its end. */
static inline char next(struct reader *r)
{
	if (r->failed || r->at >= r->length || ++r->steps > STEP_LIMIT) {
		r->failed = true;
		return '\0';
	}
	return r->name[r->at++];
}

static inline bool eat(struct reader *r, char c)
{
	if (r->failed || r->at >= r->length || r->name[r->at] != c)
		return false;
	r->at++;
	return true;
}

static inline bool enter(struct reader *r)
{
	if (++r->depth > DEPTH_LIMIT)
		r->failed = true;
	return !r->failed;
}

/* "_" is 0, "0_" 1, "1_" 2... */
static inline uint64_t base62(struct reader *r)
{
	uint64_t value = 0;

	if (eat(r, '_'))
		return 0;
	while (!r->failed && !eat(r, '_')) {
		char c = next(r);
		unsigned int digit = c >= '0' && c <= '9'   ? (unsigned int)(c - '0')
				     : c >= 'a' && c <= 'z' ? (unsigned int)(c - 'a') + 10
							    : (unsigned int)(c - 'A') + 36;

		if (digit > 61 || value > (UINT64_MAX - 61) / 62)
			r->failed = true;
		value = value * 62 + digit;
	}
	return value + 1;
}

/* A number behind `tag` counts from 1; without it, it is 0. */
static inline uint64_t tagged(struct reader *r, char tag)
{
	return eat(r, tag) ? base62(r) + 1 : 0;
}

struct identifier {
	const char *text;
	size_t length;
	bool punycode;
};

static inline struct identifier identifier(struct reader *r)
{
	struct identifier id = { .punycode = eat(r, 'u') };
	size_t length = 0;

	if (!eat(r, '0')) {
		char c = next(r);

		if (c < '1' || c > '9')
			r->failed = true;
		for (length = (size_t)(c - '0'); !r->failed && r->at < r->length && r->name[r->at] >= '0' &&
						 r->name[r->at] <= '9' && length < r->length;)
			length = length * 10 + (size_t)(next(r) - '0');
	}
	eat(r, '_');
	if (r->failed || length > r->length - r->at) {
		r->failed = true;
		return id;
	}
	id.text = r->name + r->at;
	id.length = length;
	r->at += length;
	return id;
}

static inline void put_identifier(struct reader *r, struct identifier id)
{
	if (r->failed)
		return;
	put(r, id.punycode ? "punycode{" : "");
	write_text(r, id.text, id.length);
	put(r, id.punycode ? "}" : "");
}

/* Reads again what stands further back, and returns to here. */
static inline void reference(struct reader *r, void (*read)(struct reader *r))
{
	size_t tag = r->at - 1;
	uint64_t target = base62(r);
	size_t here = r->at;

	if (r->failed || target >= tag) {
		r->failed = true;
		return;
	}
	if (r->silent)
		return;
	r->at = (size_t)target;
	read(r);
	r->at = here;
}

/* Calls `read` up to the closing E, with `separator` between. Returns how often. */
static inline unsigned int list(struct reader *r, void (*read)(struct reader *r), const char *separator)
{
	unsigned int count = 0;

	while (!r->failed && !eat(r, 'E')) {
		if (count++)
			put(r, separator);
		read(r);
	}
	return count;
}

#endif
