/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_CONFINE_H
#define LT_CC_CONFINE_H

/* Gives up everything that compiling an untrusted text does not need: root, capabilities, reading outside of the
 * toolchain, writing anywhere, the network, and resources without bound. Inherited by the clang child. The process
 * dies with its parent. */
void confine(void);
/* Beyond that: threads, but no further process. For clang, which runs nothing. */
void confine_to_one_process(void);
#endif
