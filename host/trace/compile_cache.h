/* SPDX-License-Identifier: MIT
 *
 * Compiled texts, kept. luatrace-cc is confined: it knows its arguments, the text and the answers to its questions,
 * and nothing else. So an object is what it was if those are, this luatrace-cc and this kernel: an entry has them all,
 * and they are compared, byte for byte.
 */
#ifndef LT_TRACE_COMPILE_CACHE_H
#define LT_TRACE_COMPILE_CACHE_H
#include "../compile_protocol.h"
#include "../luatrace.h"
#include <stdbool.h>

struct bytes {
	uint8_t *data;
	uint64_t size, room;
	bool failed;		/* there was no memory: what is in it is not whole */
};

struct compile_cache {
	const lt_compile_opts *opts;
	bool on;
	uint64_t key;
	struct bytes inputs;	/* what is known before it starts */
	struct bytes answers;
	uint32_t answer_count;
};

/* `arguments` are luatrace-cc's, NULL after the last, `compiler` is its path. It is off where opts->keep is not set or
 * something that matters cannot be known. */
void lt_compile_cache_begin(struct compile_cache *cache, const lt_compile_opts *opts, char *const *arguments,
			    const char *compiler);
/* True if there is such an entry: what lt_compile() gives. */
bool lt_compile_cache_find(struct compile_cache *cache, lt_blob *out, lt_blob *messages);
/* A question was answered: with `fd`, not read from yet, or, if it is negative, with `answer`. */
void lt_compile_cache_answered(struct compile_cache *cache, const char *question, int fd,
			       const struct lt_cc_answer *answer);
/* Keeps the outcome, if it can. */
void lt_compile_cache_keep(struct compile_cache *cache, const lt_blob *out, const lt_blob *messages);
void lt_compile_cache_end(struct compile_cache *cache);

/* Who an entry was made for (to be freed), or NULL if it is none of ours. */
char *lt_compile_cache_label(uint64_t key);
#endif
