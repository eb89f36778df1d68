/* SPDX-License-Identifier: MIT */
#include "privilege.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* linux/capability.h of an older build machine has not got the last two (5.8). */
enum {
	SYS_ADMIN = 21,
	PERFMON = 38,
	BPF = 39,
};

static bool has(uint64_t capabilities, int number)
{
	return capabilities >> number & 1;
}

static uint64_t effective_capabilities(void)
{
	char text[4096];
	const char *line;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	line = strstr(text, "\nCapEff:");
	return line ? strtoull(line + 8, NULL, 16) : 0;
}

bool lt_privilege_missing(int needs, char *out, size_t size)
{
	uint64_t capabilities = effective_capabilities();
	bool bpf = needs & LT_NEEDS_BPF && !has(capabilities, BPF);
	bool perfmon = needs & LT_NEEDS_PERFMON && !has(capabilities, PERFMON);

	if (has(capabilities, SYS_ADMIN) || !(bpf || perfmon))
		return false;
	snprintf(out, size, "%s missing (CAP_SYS_ADMIN does too, and is what kernels before 5.8 need); run as root",
		 bpf && perfmon ? "CAP_BPF and CAP_PERFMON are" : bpf ? "CAP_BPF is" : "CAP_PERFMON is");
	return true;
}
