/* SPDX-License-Identifier: MIT
 *
 * The names a text uses and how it uses them: what the slice is chosen by.
 */
#ifndef LT_CC_NAMES_H
#define LT_CC_NAMES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NAME_PLAIN = 1 << 0,	/* stands alone: may be a typedef, an enumerator, a macro, a helper */
	NAME_MEMBER = 1 << 1,	/* after `.` or `->` */
	NAME_TAG = 1 << 2,	/* after `struct` or `union` */
	NAME_ENUM_TAG = 1 << 6,	/* after `enum` */
	NAME_TAG_DEFINED = 1 << 3,	/* `struct X {` in the text: the kernel's own X is not wanted */
	NAME_DEFINED = 1 << 4,	/* a typedef, enumerator, function or map of the text */
	NAME_MACRO = 1 << 5,	/* #define'd */
	NAME_LOCAL = 1 << 7,	/* a variable, parameter or member that the text declares */
	NAME_CALLED = 1 << 12,	/* before a parenthesis */
	NAME_TWICE = 1 << 13,	/* clang found two definitions: the text's own counts */
	NAME_REFUSED = 1 << 8,	/* the kernel's macro of this name broke the text: never again */
	NAME_FIXED = 1 << 14,	/* an enumerator that the text needs the value of when it is compiled */
	NAME_IN_BTF = 1 << 9,	/* BTF has an enumerator or a typedef of this name */
	NAME_TAG_IN_BTF = 1 << 10, /* BTF has the members of a struct or union of this tag */
	NAME_ENUM_IN_BTF = 1 << 11,
};

struct name {
	const char *text;	/* NUL-terminated, owned by the table */
	uint32_t hash;
	uint32_t flags;
};

struct names {
	struct name *slots;
	size_t room, count;
};

uint32_t name_hash(const char *text, size_t length);
/* Adds (or finds) a name and sets `flags` on it. The pointer is valid until the next addition. */
struct name *names_add(struct names *names, const char *text, size_t length, uint32_t flags);
/* NULL if it is not there. */
struct name *names_find(const struct names *names, const char *text);
void names_free(struct names *names);

/* What a scan reports besides names. */
struct scan_events {
	void *context;
	void (*include)(void *context, const char *path, size_t length, bool quoted);
	/* TRACEPOINT_PROBE(category, event) */
	void (*tracepoint)(void *context, const char *category, size_t category_length, const char *event,
			   size_t event_length);
	/* what follows `#if`, `#ifdef` and the like */
	void (*condition)(void *context, const char *expression, size_t size);
	/* `#define NAME(…) BODY`: body as written, continuation lines and all */
	void (*macro)(void *context, const char *name, size_t name_length, const char *body, size_t body_length);
};

/* Reads what follows a macro's name: parameters, if any, and body, whose names are added but for the parameters. */
void scan_macro_body(struct names *names, const char *body, size_t size);

/* Reads C text, lexically only, and adds its names. Macro bodies are not read for names when `events->macro` is
 * set: the callback decides. */
void scan_text(struct names *names, const char *text, size_t size, const struct scan_events *events);

#endif
