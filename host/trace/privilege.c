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
	NET_ADMIN = 12,
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
	static const struct { int need, number; const char *name; } all[] = {
		{ LT_NEEDS_BPF, BPF, "CAP_BPF" }, { LT_NEEDS_PERFMON, PERFMON, "CAP_PERFMON" },
		{ LT_NEEDS_NET_ADMIN, NET_ADMIN, "CAP_NET_ADMIN" },
	};
	uint64_t capabilities = effective_capabilities();
	char names[64] = "";
	int count = 0;

	if (has(capabilities, SYS_ADMIN))
		return false;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (needs & all[i].need && !has(capabilities, all[i].number))
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", count++ ? " and " : "", all[i].name);
	if (!count)
		return false;
	snprintf(out, size, "%s %s missing (CAP_SYS_ADMIN does too, and is what kernels before 5.8 need); run as root", names,
		 count > 1 ? "are" : "is");
	return true;
}
