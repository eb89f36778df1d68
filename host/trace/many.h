/* SPDX-License-Identifier: MIT
 *
 * One link to all places that a pattern matches.
 */
#ifndef LT_TRACE_MANY_H
#define LT_TRACE_MANY_H
#include "probe.h"

/* Calls `one` for each of `count` places, which adds what holds it to the link; a place that is refused is left out and
 * counted. Fails, with the first refusal's message, when all are; and before the first, when there are more places than
 * one by one is bearable for (BCC_PROBE_LIMIT in the environment, else 1000): `why` says why it has to be one by one.
 * `name` tells a place's name. */
struct lt_many {
	uint32_t count;
	const char *(*name)(void *arg, uint32_t index);
	int (*one)(struct lt_link *link, void *arg, uint32_t index, lt_error *err);
	void *arg;
	const char *why;
};
int lt_attach_each(struct lt_link *link, const char *pattern, const struct lt_many *many, lt_error *err);

/* 1 to `count`, as attach cookies: see lt_attach_opts.number_places. The caller frees it; NULL: no memory. */
uint64_t *lt_place_numbers(uint32_t count);

/* Notes a place that the link covers; a newline in a name would end it. 0 or -ENOMEM. */
int lt_link_add_place(struct lt_link *link, const char *name);

#endif
