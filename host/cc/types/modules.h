/* SPDX-License-Identifier: MIT
 *
 * Types that only modules have. Modules are looked at when clang misses a name that the kernel's own BTF does not
 * define: the first one, by name, that defines it joins in with all of its types.
 */
#ifndef LT_CC_MODULES_H
#define LT_CC_MODULES_H
#include "kernel/btf.h"
#include "text/names.h"
#include "text/notes.h"

struct modules {
	struct kernel_btf *btf;
	struct btf_sections kernel;	/* of `btf` before any module joined in */
	bool listed;
	struct module *list;
	uint32_t count;
	struct names missing;		/* tags that no module defines either */
};

void modules_begin(struct modules *modules, struct kernel_btf *btf);
/* True if a module joined in that defines `name` as one of NAME_TAG, NAME_ENUM_TAG, NAME_PLAIN says. */
bool modules_learn(struct modules *modules, const char *name, uint32_t flags);
/* Which modules joined in, and why. */
void modules_report(const struct modules *modules, struct notes *notes);
/* What to do about types that were not found, for a text that does not compile. */
void modules_report_missing(const struct modules *modules, struct notes *notes);

/* Whether the types of `part` (`base` itself, or what goes on where that ends) define the name. */
bool btf_defines(const struct btf_sections *base, const struct btf_sections *part, const char *name, uint32_t flags);
#endif
