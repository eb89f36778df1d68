/* SPDX-License-Identifier: MIT
 *
 * Version and configuration of the kernel that a text is compiled for, as far as the text uses them.
 */
#ifndef LT_CC_CONFIG_H
#define LT_CC_CONFIG_H
#include "names.h"
#include "notes.h"

/* What the parent knows of that kernel. */
struct kernel_facts {
	uint32_t version_code;
	uint32_t hz;		/* 0: only its configuration can tell */
	uint32_t cpus;		/* possible ones, of this machine */
	bool foreign;		/* its types are another kernel's, and nothing says which */
};

struct kernel_config {
	struct kernel_facts facts;
	bool asked;		/* for the file below; once, and only where the text uses a CONFIG_ name */
	const char *data;	/* lines of NAME=VALUE, or NULL */
};

/* Writes the definitions of LINUX_VERSION_CODE, HZ and CONFIG_*. What could not be found out goes to `notes`. */
void config_print(struct kernel_config *config, const struct names *names, struct text *out,
		  struct notes *notes);

/* The value of "CONFIG_NAME" in lines of a configuration file, up to the line's end; NULL if it is not set. */
const char *config_find(const char *lines, const char *name, size_t *length);
/* The text of a file that may be compressed by gzip, malloc'ed and NUL-terminated; NULL if it is not well-formed. */
char *config_unpack(const char *data, size_t size);
#endif
