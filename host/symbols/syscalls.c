/* SPDX-License-Identifier: MIT
 *
 * System calls by number: what the kernel has at the one place that all of them come by.
 */
#include "../luatrace.h"
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

static const struct {
	const char *name;
	uint32_t number;
} syscalls[] = {
#include "syscalls.inc"
};

/* Where the kernel's source, and so the tracepoint, calls it otherwise. */
static const char *const renamed[][2] = {
	{ "fstat", "newfstat" }, { "lstat", "newlstat" }, { "sendfile", "sendfile64" }, { "stat", "newstat" },
	{ "umount2", "umount" }, { "uname", "newuname" },
};

static const char *traced_name(const char *name)
{
	for (size_t i = 0; i < sizeof(renamed) / sizeof(*renamed); i++)
		if (!strcmp(renamed[i][0], name))
			return renamed[i][1];
	return name;
}

int lt_syscall_number(const char *name)
{
	for (size_t i = 0; i < sizeof(syscalls) / sizeof(*syscalls); i++)
		if (!strcmp(traced_name(syscalls[i].name), name))
			return (int)syscalls[i].number;
	return -ENOENT;
}

const char *lt_syscall_name(int32_t number)
{
	for (size_t i = 0; i < sizeof(syscalls) / sizeof(*syscalls); i++)
		if ((int32_t)syscalls[i].number == number)
			return traced_name(syscalls[i].name);
	return NULL;
}
