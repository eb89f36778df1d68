/* SPDX-License-Identifier: MIT
 *
 * A machine that runs one BPF program of an object. Memory is regions at addresses of their own; whatever the
 * program touches that is none of its regions, or not for it to touch so, ends the run with a reason.
 */
#ifndef LT_FUZZ_MACHINE_H
#define LT_FUZZ_MACHINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region {
	uint64_t address;
	size_t size;
	uint8_t *bytes;
	bool direct;		/* the program may load from it; else only helpers read it */
	bool writable;
	bool owned;
};

enum { MACHINE_STACK = 512, MACHINE_REGIONS = 64 };

struct machine {
	struct region regions[MACHINE_REGIONS];
	unsigned count;
	uint64_t registers[11];
	uint8_t stack[MACHINE_STACK];
	const char *symbol;	/* one whose address is to be known, and that address */
	uint64_t symbol_address;
	void *context;		/* for `helper` */
	/* Returns r0. Arguments are in r1 to r5. */
	uint64_t (*helper)(struct machine *machine, uint32_t number);
	char wrong[256];	/* why it did not end well, or "" */
	unsigned wrong_at;	/* instruction */
};

void machine_add(struct machine *machine, struct region region);
/* NULL: not all of it is one region's that is `direct`, if that is asked, and `writable`, if that is. */
uint8_t *machine_memory(struct machine *machine, uint64_t address, uint64_t size, bool direct, bool writable);
/* Runs the program in `section` of an object with r1 = `argument`. Returns r0's lower half. */
uint32_t machine_run(struct machine *machine, const void *object, size_t size, const char *section, uint64_t argument);
void machine_wrong(struct machine *machine, const char *format, ...) __attribute__((format(printf, 2, 3)));
void machine_release(struct machine *machine);
#endif
