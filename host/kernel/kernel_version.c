/* SPDX-License-Identifier: MIT */
#include "kernel_version.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

uint32_t lt_kernel_version_code(const char *release)
{
	unsigned major, minor, patch = 0;

	if (sscanf(release, "%3u.%3u.%5u", &major, &minor, &patch) < 2 || major > 255 || minor > 255)
		return 0;
	/* stable kernels passed 255 (4.4.256), and the headers stay there */
	return major << 16 | minor << 8 | (patch > 255 ? 255 : patch);
}

/* Debian's and Ubuntu's releases keep one patch level ("6.1.0-45-amd64") while the kernel under it moves on: Debian
 * says which it is in the version ("#1 SMP ... Debian 6.1.170-1 (...)"), Ubuntu in a file of its own. */
uint32_t lt_kernel_running_code(void)
{
	const char *asked = getenv("BCC_LINUX_VERSION_CODE"), *debian;
	FILE *signature = fopen("/proc/version_signature", "re");
	char version[64] = "";
	struct utsname name;
	uint32_t code = asked ? (uint32_t)strtoul(asked, NULL, 0) : 0;

	if (signature && fscanf(signature, "Ubuntu %*s %63s", version) != 1)
		*version = '\0';
	if (signature)
		fclose(signature);
	if (uname(&name))
		return code;
	debian = strstr(name.version, " Debian ");
	if (!code)
		code = lt_kernel_version_code(version);
	if (!code && debian)
		code = lt_kernel_version_code(debian + strlen(" Debian "));
	return code ? code : lt_kernel_version_code(name.release);
}

/* The coarse clocks move once in a tick. */
uint32_t lt_kernel_hz(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || tick.tv_sec || !tick.tv_nsec)
		return 0;
	return (uint32_t)((1000000000 + tick.tv_nsec / 2) / tick.tv_nsec);
}
