/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_DISASSEMBLE_H
#define LT_CC_DISASSEMBLE_H
#include "memory.h"
#include <stdint.h>

/* This machine's instructions as text; see compile_protocol.h. */
void disassemble(char **functions, int count, const uint8_t *code, size_t size, struct text *out);

#endif
