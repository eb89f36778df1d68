/* SPDX-License-Identifier: MIT
 *
 * Kernel functions by a pattern, and which of them ftrace can trace.
 */
#ifndef LT_TRACE_TRACEABLE_H
#define LT_TRACE_TRACEABLE_H
#include "../error.h"
#include "../symbols/pattern.h"

struct lt_traceable {
	const char **names;	/* the symbol table's, which stay */
	uint64_t *addresses;	/* sorted; NULL: the kernel hides them, and then each name is there once */
	uint32_t count, room;
	uint32_t ambiguous;	/* names left out for several functions have them, and nothing tells these apart */
};

/* All functions that match. 0, or -errno with a message. */
int lt_traceable_find(const struct lt_pattern *pattern, struct lt_traceable *out, lt_error *err);
/* Leaves one name of each function. */
void lt_traceable_merge_aliases(struct lt_traceable *functions);
/* Leaves those that ftrace lists. 0, or -errno when there is no list to be read. Reading it takes longer than attaching
 * to most functions that a pattern means, so it is done once for the process, and not before it is needed. */
int lt_traceable_filter(struct lt_traceable *functions);
bool lt_traceable_is_known(void);
void lt_traceable_free(struct lt_traceable *functions);

#endif
