/* SPDX-License-Identifier: MIT
 *
 * /proc/PID/maps.
 */
#ifndef LT_MAPS_H
#define LT_MAPS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct lt_mapping {
	uint64_t start, end, offset;
	dev_t dev;
	uint64_t inode;		/* 0: no file */
	bool executable;
	bool deleted;		/* the file has no name any more */
	const char *path;	/* valid during the call; without " (deleted)"; "" for none, "[vdso]", ... */
} lt_mapping;

/* Calls `each` for every mapping, by address, until it returns other than 0, and returns that; else 0 or -errno
 * (-ESRCH: no such process). A kernel thread and a dead process have none. */
typedef int lt_maps_fn(void *arg, const lt_mapping *mapping);
int lt_maps_each(int32_t pid, lt_maps_fn *each, void *arg);

#endif
