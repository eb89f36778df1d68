/* SPDX-License-Identifier: MIT
 *
 * BPF instructions as the verifier writes them: "r1 = *(u64 *)(r2 +8)".
 */
#ifndef LT_TRACE_INSN_TEXT_H
#define LT_TRACE_INSN_TEXT_H
#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* What the numbers in instructions stand for. Each writes a name that is fit for a terminal and returns its length, 0
 * where it knows none. */
struct lt_insn_names {
	void *data;
	int (*map)(void *data, uint32_t id, char *out, size_t size);
	int (*function)(void *data, uint32_t insn, char *out, size_t size);	/* that begins at an instruction */
	int (*call)(void *data, const struct bpf_insn *insn, char *out, size_t size);	/* of the kernel */
};

/* Writes the `index`-th of `count` instructions to `out`. Returns how many it takes: 2 where it has a 64-bit constant.
 * What is no instruction comes out as its bytes, "8b 00 …". */
uint32_t lt_insn_write(const struct bpf_insn *insns, uint32_t index, uint32_t count, const struct lt_insn_names *names,
		       char *out, size_t size);
/* "bpf_map_lookup_elem" of 1; NULL: no helper that is known here. */
const char *lt_helper_name(uint32_t number);
/* The number of a helper, or -1. */
int lt_helper_number(const char *name);

#endif
