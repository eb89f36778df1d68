/* SPDX-License-Identifier: MIT
 *
 * Where in a text its end is, which is where somebody types: lexically, for the text is rarely whole.
 */
#ifndef LT_CC_CURSOR_H
#define LT_CC_CURSOR_H
#include <stddef.h>

enum cursor_place {
	CURSOR_NOWHERE,		/* a comment, a string, a number: nothing to complete */
	CURSOR_HEADER,		/* the path of an #include */
	CURSOR_CODE,
};

struct cursor {
	enum cursor_place place;
	size_t word;		/* where the word, or the path, that is being typed begins */
	/* The last line that looks as if it began a function, though something ahead of it has left a bracket open, and where
	 * that something begins. Both 0: none. */
	size_t restart, lost;
};

struct cursor cursor_find(const char *text, size_t size);
#endif
