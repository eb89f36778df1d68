/* SPDX-License-Identifier: MIT
 *
 * Memory for luatrace-cc, a short-lived process: when there is none, it says so and ends.
 */
#ifndef LT_CC_MEMORY_H
#define LT_CC_MEMORY_H
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

void *allocate(size_t size);
void *allocate_zeroed(size_t count, size_t size);
void *reallocate(void *old, size_t size);
char *copy_string(const char *text, size_t length);

/* A growing text; `data` is always NUL-terminated once something was added. */
struct text {
	char *data;
	size_t size, room;
};
void text_append(struct text *text, const char *data, size_t size);
void text_add(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_free(struct text *text);

/* Prints "error: …" to stderr and ends the process with status 1. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#ifdef __cplusplus
}
#endif
#endif
