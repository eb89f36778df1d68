/* SPDX-License-Identifier: MIT
 *
 * A kernel's configuration file, as /boot/config-RELEASE and /proc/config.gz have it.
 */
#ifndef LT_KERNEL_CONFIG_FILE_H
#define LT_KERNEL_CONFIG_FILE_H
#include <stddef.h>

/* The value of "CONFIG_NAME" in lines of a configuration file, up to the line's end; NULL if it is not set. */
const char *config_find(const char *lines, const char *name, size_t *length);
/* The text of a file that may be compressed by gzip, malloc'ed and NUL-terminated; NULL if it is not well-formed. */
char *config_unpack(const char *data, size_t size);
#endif
