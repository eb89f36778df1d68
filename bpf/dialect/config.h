/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The kernel's version and configuration. LINUX_VERSION_CODE, HZ and the CONFIG_ names that a text uses are
 * defined by the compiler ahead of everything.
 */
#pragma once

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))

/* 1 for a macro that is 1, else 0: pasted, a 1 becomes a comma that moves the 1 behind it to second place. */
#define __lt_comma_after_1 ,
#define __LT_SECOND(first, second, ...) second
#define __LT_IS_1_PASTED(comma) __LT_SECOND(comma 1, 0, 0)
#define __LT_IS_1_EXPANDED(value) __LT_IS_1_PASTED(__lt_comma_after_##value)
#define __LT_IS_1(option) __LT_IS_1_EXPANDED(option)

#ifdef __LT_PORTABLE	/* numbers, of the kernel that the object is loaded in */
#define IS_BUILTIN(option) ((option) == 1)
#define IS_MODULE(option) ((option##_MODULE) == 1)
#define IS_ENABLED(option) ((option) == 1 || (option##_MODULE) == 1)
#else
#define IS_BUILTIN(option) __LT_IS_1(option)
#define IS_MODULE(option) __LT_IS_1(option##_MODULE)
#define IS_ENABLED(option) (IS_BUILTIN(option) || IS_MODULE(option))
#endif

/* what system calls and /proc count in, whatever HZ is */
#define USER_HZ 100
