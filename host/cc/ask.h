/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_ASK_H
#define LT_CC_ASK_H
#include <stddef.h>

/* Asks the parent for a file (see compile_protocol.h): all of it, NUL-terminated unless it is the kernel's BTF, kept to
 * the end. NULL when there is none; ask_reason() says why until the next question. */
char *ask_file(size_t *size, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *ask_reason(void);
/* Reads a descriptor from its beginning to its end. */
char *read_whole(int fd, size_t *size);
#endif
