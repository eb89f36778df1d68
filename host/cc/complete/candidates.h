/* SPDX-License-Identifier: MIT
 *
 * What the word at the cursor may become.
 */
#ifndef LT_CC_CANDIDATES_H
#define LT_CC_CANDIDATES_H
#include "memory.h"
#include "text/names.h"

#ifdef __cplusplus
extern "C" {
#endif

enum candidate_kind {
	CANDIDATE_VARIABLE,
	CANDIDATE_MEMBER,
	CANDIDATE_METHOD,	/* of a map */
	CANDIDATE_FUNCTION,
	CANDIDATE_MACRO,
	CANDIDATE_TYPE,
	CANDIDATE_ENUMERATOR,
	CANDIDATE_KEYWORD,
	CANDIDATE_HEADER,
};

struct candidate {
	enum candidate_kind kind;
	/* As clang counts, 0 best: locals 34, members 35, keywords 40, types and functions 50, constants 65, macros 70. What
	 * fits the type that is wanted has a fraction of it. */
	unsigned priority;
	const char *insert;	/* in the word's place */
	const char *display;	/* a declaration, or a macro's call */
	const char *doc;	/* or NULL */
};

struct candidates {
	const char *word;	/* that is being typed; NUL-terminated */
	size_t word_length;
	struct candidate *items;
	size_t count, room;
	struct names seen;
};

/* Whether a name of this kind is one that candidates_add() would take: cheap, so that only those are described. */
bool candidates_want(const struct candidates *candidates, enum candidate_kind kind, const char *name);
/* Copies what it is given. The first of a name is kept. */
void candidates_add(struct candidates *candidates, const struct candidate *candidate);
/* Best first, as compile_protocol.h has it. */
void candidates_write(struct candidates *candidates, struct text *out);

#ifdef __cplusplus
}
#endif
#endif
