/* SPDX-License-Identifier: MIT
 *
 * USDT probes: the notes of kind "stapsdt" that a program's build left in it, one for each place of a probe. They may
 * be anyone's, and so may be their text: nothing in them is believed before it is checked.
 */
#ifndef LT_USDT_H
#define LT_USDT_H
#include "elf.h"

typedef struct lt_usdt_note {
	const char *provider, *name;
	const char *arguments;	/* "-4@%edi 8@16(%rsp)", one operand each; "" for none */
	uint64_t address;	/* of the probe's instruction, as the linker saw it, before prelinking */
	uint64_t base;		/* what .stapsdt.base had for an address then; 0: none */
	uint64_t semaphore;	/* of a 16-bit count of who listens; 0: none */
} lt_usdt_note;

/* Calls `each` for every complete note of a section's bytes, until it returns other than 0, and returns that, or 0.
 * What is damaged is passed over; the strings lie in `data`. `wide`: of a 64-bit file. */
typedef int lt_usdt_note_fn(void *arg, const lt_usdt_note *note);
int lt_usdt_each_note(const void *data, size_t size, bool wide, lt_usdt_note_fn *each, void *arg);

/* The same for all such sections of a file, with addresses moved to where the file has its sections now. The strings
 * live until lt_elf_close(). */
int lt_usdt_each(lt_elf *elf, lt_usdt_note_fn *each, void *arg);

/* ---- arguments ------------------------------------------------------------------------------------------------ */

/* How to get a value: the sum of `offset`, the register `base` and the register `index` shifted left by `scale`; or,
 * with `memory`, what lies in the process's memory at that sum. Of it count the low `size` bytes. */
typedef struct lt_usdt_argument {
	int64_t offset;
	uint16_t base, index;	/* byte offsets in struct pt_regs */
	uint8_t scale;
	uint8_t size;		/* 1, 2, 4 or 8 */
	bool has_base, has_index, memory, is_signed;
	const char *unreadable;	/* NULL, or why it cannot be read */
} lt_usdt_argument;

enum { LT_USDT_ARGUMENTS = 16 };	/* sys/sdt.h has macros for 12 */

/* The value of a symbol that an operand names. False: there is none of that name. */
typedef bool lt_usdt_symbol_fn(void *arg, const char *name, size_t length, uint64_t *value);

typedef struct lt_usdt_place {
	uint16_t machine;	/* EM_X86_64, EM_386, EM_AARCH64 */
	uint64_t address;	/* of the probe, for operands at a distance from it */
	lt_usdt_symbol_fn *symbol;
	void *arg;
} lt_usdt_place;

/* Reads an argument string: how many arguments it has, the first LT_USDT_ARGUMENTS of which are in `out`. One that is
 * not understood is marked unreadable; the others are good all the same. */
uint32_t lt_usdt_parse_arguments(const char *text, const lt_usdt_place *place, lt_usdt_argument *out);

/* ---- the probes that lt_usdt_open() found --------------------------------------------------------------------- */

/* The arguments of one place (room for LT_USDT_ARGUMENTS), as lt_usdt_parse_arguments() gives them. */
uint32_t lt_usdt_get_arguments(lt_usdt *usdt, uint32_t index, lt_usdt_argument *out);
/* File offsets of its instruction and its semaphore (0: it has none). False: the file has no bytes there. */
bool lt_usdt_get_offsets(const lt_usdt *usdt, uint32_t index, uint64_t *instruction, uint64_t *semaphore);
/* Whether the file is for this machine (or, on x86-64, for its 32-bit half). */
bool lt_usdt_is_native(const lt_usdt *usdt, uint32_t index);

#endif
