/* SPDX-License-Identifier: MIT
 *
 * Instructions that a relocation is of.
 */
#ifndef LT_RELOCATE_PATCH_H
#define LT_RELOCATE_PATCH_H
#include "target.h"
#include <linux/bpf.h>

/* enum bpf_core_relo_kind, in linux/bpf.h since 5.17 */
enum relo {
	RELO_FIELD_OFFSET, RELO_FIELD_SIZE, RELO_FIELD_EXISTS, RELO_FIELD_SIGNED, RELO_FIELD_LSHIFT, RELO_FIELD_RSHIFT,
	RELO_TYPE_ID_LOCAL, RELO_TYPE_ID_TARGET, RELO_TYPE_EXISTS, RELO_TYPE_SIZE, RELO_ENUM_EXISTS, RELO_ENUM_VALUE,
	RELO_TYPE_MATCHES,
};

struct patch {
	struct bpf_insn *code;
	uint64_t room;		/* instructions there are from it on */
	uint64_t value;
	bool moves;		/* the value is added to what the instruction has */
	uint64_t load_size;	/* of a load, what it is to load; 0: as it is */
};

/* Fills in `patch` for a RELO_FIELD_*. False, and why: code that was compiled for the one can't have the other. */
bool patch_field(uint32_t kind, const struct spec *spec, const struct place *place, struct patch *patch, char *why,
		 size_t size);
/* False, and why: it does not fit. */
bool patch_apply(const struct patch *patch, char *why, size_t size);

/* The verifier refuses to call a function of this number, and others from it on: see lt_relocation_reason(). */
enum { PATCH_STOP = 0x0badc000 };
void patch_stop(const struct patch *patch, uint32_t number);
#endif
