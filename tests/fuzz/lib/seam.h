/* SPDX-License-Identifier: MIT
 *
 * Put ahead of each file of host/cc in a fuzzing build. luatrace-cc is a short-lived process: it keeps what it
 * allocates, tells people on stderr what is wrong, and ends. Here thousands of its lives are one process's: memory
 * is noted and given back after each, messages go to a buffer, and the end is a jump back to the target.
 */
#ifndef LT_FUZZ_SEAM_H
#define LT_FUZZ_SEAM_H
#include <stdio.h>
#include <stdlib.h>

extern FILE *fuzz_stderr;
void *fuzz_realloc(void *old, size_t size);
void *fuzz_calloc(size_t count, size_t size);
void fuzz_free(void *memory);
void fuzz_exit(int status) __attribute__((noreturn));

#undef stderr
#define stderr fuzz_stderr
#define malloc(size) fuzz_realloc(NULL, size)
#define calloc(count, size) fuzz_calloc(count, size)
#define realloc(old, size) fuzz_realloc(old, size)
#define free(memory) fuzz_free(memory)
#define exit(status) fuzz_exit(status)
#endif
