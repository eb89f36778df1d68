/* SPDX-License-Identifier: MIT */
#include "owner.h"
#include "../symbols/symbols.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Process ids mean something within their namespace only. */
static unsigned long pid_namespace(void)
{
	struct stat info;

	return stat("/proc/self/ns/pid", &info) ? 0 : info.st_ino;
}

int lt_owner_name(char *out, size_t size)
{
	int length = snprintf(out, size, "luatrace_%lu_%d_%" PRIu64, pid_namespace(), getpid(),
			      lt_process_start_time(getpid()));

	return length < (int)size ? 0 : -ENAMETOOLONG;
}

bool lt_owner_is_gone(const char *name)
{
	unsigned long space;
	uint64_t started;
	int pid;

	return sscanf(name, "luatrace_%lu_%d_%" SCNu64, &space, &pid, &started) == 3 && space == pid_namespace() &&
	       lt_process_start_time(pid) != started;
}
