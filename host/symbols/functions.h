/* SPDX-License-Identifier: MIT
 *
 * The functions of one ELF file, and of its debug file, by address. Tables are shared: two processes that map a file
 * get the same one.
 */
#ifndef LT_FUNCTIONS_H
#define LT_FUNCTIONS_H
#include <stddef.h>
#include <stdint.h>

typedef struct lt_functions lt_functions;

/* The table of an open file, read unless there is one for the same device, inode, time and size; to be put back.
 * `root` (see root.h): where its debug file is looked for, if it has no .symtab. A file without symbols has an empty
 * table. -ENOEXEC, -ENOMEM. */
int lt_functions_get(int fd, int root, lt_functions **out);
/* The same for an image in memory (the vDSO), which is no longer needed afterwards. Not shared. */
int lt_functions_get_image(void *image, size_t size, lt_functions **out);
/* NULL is harmless. A few tables that nobody uses are kept for the next one who asks. */
void lt_functions_put(lt_functions *functions);

typedef struct lt_function {
	const char *name;	/* lives as long as the table is held; NULL: no function covers the place */
	uint64_t address;	/* the function's, as in the file */
	uint64_t offset;	/* of the place in it; without a function address + offset is the place */
	uint64_t id;		/* see lt_symbol */
} lt_function;
/* What lies at this file offset. -ENOENT: no function (`out` is filled all the same), -ERANGE: nothing loaded. */
int lt_functions_find(const lt_functions *functions, uint64_t file_offset, lt_function *out);

#endif
