/* SPDX-License-Identifier: MIT
 *
 * A table of kernel symbols in the format of /proc/kallsyms. kernel.c keeps the process's one; tests make their own.
 */
#ifndef LT_KSYMS_H
#define LT_KSYMS_H
#include "../luatrace.h"
#include "symbols.h"
#include <stdbool.h>

/* Among symbols of one address the one with the lowest rank names it. */
enum lt_ksyms_rank {
	KSYM_WEAK = 1,		/* and one more for each leading underscore, up to 4 */
	KSYM_OTHER_ABI = 8,	/* __ia32_sys_x beside __x64_sys_x */
	KSYM_LOCAL = 16,
	KSYM_MARKER = 32,	/* section bounds, position-independent aliases */
	KSYM_PADDING = 64,	/* __pfx_x: the bytes before x */
	KSYM_DATA = 128,
	KSYM_ABSOLUTE = 255,	/* a number, not a place (per-CPU offsets, for one) */
};

/* 16 bytes: there are 122,000 to 250,000 of them. */
typedef struct lt_ksyms_entry {
	uint64_t address;
	uint32_t name;		/* offset in names */
	uint16_t module;	/* index in modules */
	uint8_t rank;
	char type;
} lt_ksyms_entry;

typedef struct lt_ksyms {
	lt_ksyms_entry *entries; /* by address, best rank last within one address */
	uint32_t count, room;
	char *names;
	uint32_t names_size, names_room;
	uint32_t *modules;	/* offsets in names; 0 is "kernel" */
	uint32_t module_count;
	uint32_t last_name, last_length;
	uint64_t text, text_end, init, init_end; /* 0 where the kernel does not say */
	uint32_t *index;	/* entry number + 1 by hash of the name; made at the first look-up by name */
	uint32_t index_mask;
	bool visible;		/* some address is not zero; else the names are good, the addresses hidden */
} lt_ksyms;

int lt_ksyms_load(const char *path, lt_ksyms **out, lt_error *err);
void lt_ksyms_free(lt_ksyms *ksyms);
/* 0, -ENOENT or, where the addresses are hidden, -EPERM. */
int lt_ksyms_find(const lt_ksyms *ksyms, uint64_t address, lt_symbol *out);
int lt_ksyms_address(lt_ksyms *ksyms, const char *name, uint64_t *address);
/* A function, and not the padding before one. */
bool lt_ksyms_is_function(const lt_ksyms_entry *entry);
/* Calls `each` for the functions that a pattern matches, in the order of their addresses, until it returns other than
 * 0, which is the result. Not for what has no event of its own: .cold parts, and code that only starts the kernel. */
int lt_ksyms_match(const lt_ksyms *ksyms, const struct lt_pattern *pattern, lt_ksym_visitor *each, void *arg);
/* Offers the names of functions. */
void lt_ksyms_offer(const lt_ksyms *ksyms, lt_similar *similar);

#endif
