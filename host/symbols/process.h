/* SPDX-License-Identifier: MIT
 *
 * A process and the files it has mapped: what process.c (maps and look-ups) and process_files.c (files) share.
 */
#ifndef LT_PROCESS_H
#define LT_PROCESS_H
#include "build_id.h"
#include "functions.h"
#include "perf_map.h"
#include <sys/types.h>

struct lt_process_file {
	char *path;		/* as /proc/PID/maps has it; "[vdso]" */
	bool deleted;
	dev_t dev;
	uint64_t inode;
	uint64_t start, end;	/* one of its mappings */
	bool tried, id_tried;
	lt_functions *functions; /* NULL: not read yet, or not to be had */
	lt_build_id id;
};

struct lt_process_mapping {
	uint64_t start, end, offset;
	uint32_t file;
};

struct lt_process {
	int32_t pid;		/* 0: none, only files that were added */
	uint64_t start_time;	/* tells it from a later process with the same pid */
	int root;		/* its root directory if it is not ours, else -1 */
	struct lt_process_mapping *mappings; /* executable ones, by address */
	uint32_t mapping_count;
	struct lt_process_file *files; /* only ever added to: names given out belong to them */
	uint32_t file_count, file_room;
	char perf_map_path[40];	/* "/tmp/perf-PID.map", PID as the process itself sees it */
	uid_t owner;
	lt_perf_map *perf_map;
	bool perf_map_checked;
};

/* A file with room for it, all zero but its path, or NULL. */
struct lt_process_file *lt_process_new_file(lt_process *process, const char *path);
/* Reads the file's functions if that was not tried yet. */
void lt_process_read_file(const lt_process *process, struct lt_process_file *file);
/* Reads the JIT's map if it was not looked at since the last refresh and has changed. */
void lt_process_read_perf_map(lt_process *process);

#endif
