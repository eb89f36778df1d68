/* SPDX-License-Identifier: MIT */
#ifndef LT_WHOLE_FILE_H
#define LT_WHOLE_FILE_H
#include <stddef.h>

/* Replaces `path` by a file that holds `data`, whole or not at all; what is no regular file (a device, a pipe) is
 * written to. 0 or -errno. */
int lt_whole_file_write(const char *path, const void *data, size_t size);
#endif
