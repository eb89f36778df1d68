/* SPDX-License-Identifier: MIT */
#include "kernel_config.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* Where distributions install it. */
static const char *const places[] = { "/boot/config-%s", "/lib/modules/%s/config", "/usr/lib/modules/%s/config" };

static int open_first(const char *release, bool running, char *reason, size_t size)
{
	char path[PATH_MAX];
	int length = 0, fd;

	/* what runs describes itself best */
	if (running) {
		fd = open("/proc/config.gz", O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		length = snprintf(reason, size, "there is no /proc/config.gz");
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, sizeof(path), places[i], release);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		if (length >= 0 && (size_t)length < size)
			length += snprintf(reason + length, size - length, "%s%s", length ? ", " : "there is no ", path);
	}
	return -ENOENT;
}

int lt_kernel_config_open(const lt_compile_opts *opts, char *reason, size_t size)
{
	struct utsname running;
	int fd;

	if (opts->config_path) {
		fd = open(opts->config_path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		fd = -errno;
		snprintf(reason, size, "%s: %s", opts->config_path, strerror(-fd));
		return fd;
	}
	if (opts->btf_path && !opts->kernel_release) {
		snprintf(reason, size, "the kernel of other types has a configuration of its own (--config, or --kernel "
			 "where it is installed)");
		return -ENOENT;
	}
	if (uname(&running))
		return -errno;
	return open_first(opts->kernel_release ? opts->kernel_release : running.release,
			  !opts->kernel_release || !strcmp(opts->kernel_release, running.release), reason, size);
}
