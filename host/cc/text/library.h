/* SPDX-License-Identifier: MIT
 *
 * Kernel names that BTF has not: what a text uses of them and neither defines nor gets from BTF is chosen from the
 * table (kernel_names.h) and written ahead of it, with all that the chosen need in turn. Which header of the kernel
 * has a name does not matter; that a text includes it is not asked.
 */
#ifndef LT_CC_LIBRARY_H
#define LT_CC_LIBRARY_H
#include "match.h"
#include "memory.h"

struct library {
	struct names *names;
	uint8_t *state;		/* of each entry of the table: LIBRARY_* */
	bool portable;		/* what any kernel is to load */
	bool has_sock_members;	/* net/sock.h is included: sk_family and its like are macros, whatever else they name */
};

/* Adds, without flags, the names that the library may need on behalf of `names`: for btf_match. */
void library_gather(struct library *library, struct names *names);
/* Chooses, and adds the names that the chosen use as if the text used them. */
void library_choose(struct library *library, const struct btf_matches *matches, const struct kernel_btf *btf);
void library_print(struct library *library, const struct btf_matches *matches, const struct kernel_btf *btf,
		   struct text *out);
/* True for a name that the library has as a macro without parameters, in small letters or with `capitals`. */
bool library_may_refuse(const char *name, bool capitals);
void library_free(struct library *library);
#endif
