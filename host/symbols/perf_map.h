/* SPDX-License-Identifier: MIT
 *
 * What a JIT compiler says of its code: /tmp/perf-PID.map, lines of "START SIZE NAME". Anyone may write to /tmp.
 */
#ifndef LT_PERF_MAP_H
#define LT_PERF_MAP_H
#include "functions.h"
#include <sys/types.h>

typedef struct lt_perf_map lt_perf_map;

/* Reads the map at `path` under `root` (see root.h) if it is a regular file, no symbolic link, and belongs to `owner`
 * or root. An older `*map` is replaced if the file has changed, and stays if it cannot be read any more. */
int lt_perf_map_read(int root, const char *path, uid_t owner, lt_perf_map **map);
/* What covers the address by the last line that says so. -ENOENT: nothing. */
int lt_perf_map_find(const lt_perf_map *map, uint64_t address, lt_function *out);
void lt_perf_map_free(lt_perf_map *map);

#endif
