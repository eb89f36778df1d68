/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_STRIP_H
#define LT_CC_STRIP_H
#include "memory.h"
/* Replaces an ELF BPF object by the same without DWARF: three quarters of it, which nobody reads. */
void strip_debug(struct text *object);
#endif
