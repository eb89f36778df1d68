/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_KERNEL_VERSION_H
#define LT_TRACE_KERNEL_VERSION_H
#include <stdint.h>

/* LINUX_VERSION_CODE of a release such as "6.1.0-45-amd64" (6.1.0); 0 if it is none. */
uint32_t lt_kernel_version_code(const char *release);
/* Of the running kernel, as its own headers have it; BCC_LINUX_VERSION_CODE in the environment wins. */
uint32_t lt_kernel_running_code(void);
/* The running kernel's HZ; 0 if it can't be told. */
uint32_t lt_kernel_hz(void);

#endif
