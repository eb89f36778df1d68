/* SPDX-License-Identifier: MIT
 *
 * CO-RE: objects that are for any kernel, made this kernel's own. Where members lie, what enumerators are, tracepoints'
 * fields, the kernel's version and configuration: each is an instruction of the object that is filled in here.
 *
 * libbpf could do it for what BTF has. It knows neither tracepoints, nor drift (kernel/drift.h), nor configurations, it
 * reads what a bit-field was where the object was made, and takes twice the time.
 */
#ifndef LT_RELOCATE_H
#define LT_RELOCATE_H
#include "../luatrace.h"
#include <stdbool.h>

/* What could not be filled in, and why. The program is loaded all the same, for it may never come there: the verifier
 * knows. */
struct lt_relocation {
	char **open;
	uint32_t count;
};

/* Whether an ELF object leaves something open: one of luatrace cc --portable, or whose text asks the kernel. */
bool lt_is_relocatable(void *elf, uint64_t size);
/* Fills it in, in place. -EINVAL: it is damaged; -ENOENT: the kernel has no BTF; -EXDEV: something that the object was
 * compiled with is another in this kernel. `out` is to be released in any case. */
int lt_relocate(void *elf, uint64_t size, struct lt_relocation *out, lt_error *err);
void lt_relocation_release(struct lt_relocation *relocation);
/* Why an instruction was left open that the verifier stopped at, told from what it said; NULL: it was none of these. */
const char *lt_relocation_reason(const struct lt_relocation *relocation, const char *said);

#endif
