/* SPDX-License-Identifier: MIT
 *
 * A loaded program as the kernel holds it.
 */
#ifndef LT_TRACE_PROG_DUMP_H
#define LT_TRACE_PROG_DUMP_H
#include "object.h"
#include <bpf/btf.h>
#include <linux/bpf.h>

struct lt_prog_dump {
	struct bpf_insn *insns;		/* after verification; NULL: not shown */
	uint32_t insn_count;
	uint8_t *image;			/* native code, function by function; NULL: not shown */
	uint32_t image_size;
	bool hidden_insns, hidden_image; /* there are some, but kernel addresses are hidden */
	uint64_t *addresses;		/* of the functions, where they begin in the image */
	uint32_t *lengths;
	uint32_t native_count;
	struct bpf_func_info *functions; /* where they begin in insns, and what they are in btf */
	uint32_t function_count;
	struct bpf_line_info *lines;	/* by instruction */
	uint32_t line_count;
	uint64_t *native_lines;		/* the address of each of them, where the kernel tells; else NULL */
	uint32_t native_line_count;
	struct btf *btf;		/* NULL: it has none */
};

/* The descriptor of a program, as which kind soever it was loaded; or -errno. */
int lt_program_descriptor(const lt_object *object, const char *program, lt_error *err);
int lt_prog_dump_read(int fd, const char *program, struct lt_prog_dump *dump, lt_error *err);
void lt_prog_dump_free(struct lt_prog_dump *dump);
/* The function that begins at an instruction, as BTF has it, or NULL. */
const struct btf_type *lt_prog_dump_function(const struct lt_prog_dump *dump, uint32_t insn);

#endif
