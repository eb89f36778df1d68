/* SPDX-License-Identifier: MIT
 *
 * Version and configuration of the kernel that a text is compiled for, as far as the text uses them.
 */
#ifndef LT_CC_CONFIG_H
#define LT_CC_CONFIG_H
#include "kernel/config_file.h"
#include "names.h"
#include "notes.h"

/* What the parent knows of that kernel. */
struct kernel_facts {
	uint32_t version_code;
	uint32_t hz;		/* 0: only its configuration can tell */
	uint32_t cpus;		/* possible ones, of this machine */
	bool foreign;		/* its types are another kernel's, and nothing says which */
	bool portable;		/* the object is for any kernel: all this is filled in when it is loaded */
};

struct kernel_config {
	struct kernel_facts facts;
	bool asked;		/* for the file below; once, and only where the text uses a CONFIG_ name */
	const char *data;	/* lines of NAME=VALUE, or NULL */
};

/* The first of `used` that is a macro of the kernel's version or configuration, unless the text (`own`) defines it; or
 * NULL. */
const char *config_used(const struct names *used, const struct names *own);
/* Writes the definitions of LINUX_VERSION_CODE, HZ and CONFIG_*. What could not be found out goes to `notes`. */
void config_print(struct kernel_config *config, const struct names *names, struct text *out,
		  struct notes *notes);
#endif
