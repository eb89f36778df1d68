/* SPDX-License-Identifier: MIT */
#ifndef LT_STDOUT_H
#define LT_STDOUT_H

/* How stdout is buffered, before anything is written. */
void lt_stdout_prepare(void);

#endif
