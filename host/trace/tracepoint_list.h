/* SPDX-License-Identifier: MIT
 *
 * Tracepoints by a pattern.
 */
#ifndef LT_TRACE_TRACEPOINT_LIST_H
#define LT_TRACE_TRACEPOINT_LIST_H
#include "../error.h"

struct lt_tracepoint_list {
	char **names;		/* "category:event", sorted */
	uint32_t count, room;
};

/* 0, or -errno with a message that begins with `subject`. */
int lt_tracepoint_list(struct lt_tracepoint_list *list, const char *pattern, int32_t form, const char *subject,
		       lt_error *err);
void lt_tracepoint_list_free(struct lt_tracepoint_list *list);

#endif
