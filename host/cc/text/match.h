/* SPDX-License-Identifier: MIT
 *
 * Which types of BTF have a name that the text has: one reading of BTF for all who ask for types by name.
 */
#ifndef LT_CC_MATCH_H
#define LT_CC_MATCH_H
#include "kernel/btf.h"
#include "names.h"

struct btf_matches {
	uint32_t *ids;		/* ascending: structs, unions, typedefs by name, enums by name or by an enumerator's */
	uint32_t count, room;
};

/* Also sets NAME_IN_BTF, NAME_TAG_IN_BTF and NAME_ENUM_IN_BTF on the names. */
void btf_match(struct btf_matches *matches, const struct kernel_btf *btf, struct names *names);
/* The struct or union of that tag that has most members of the text's; 0 if there is none. */
uint32_t btf_match_tag(const struct btf_matches *matches, const struct kernel_btf *btf, const struct names *names,
		       const char *tag);
/* Also looks into unnamed members. */
bool btf_has_member(const struct kernel_btf *btf, uint32_t id, const char *member);
void btf_matches_free(struct btf_matches *matches);
#endif
