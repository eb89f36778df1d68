/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_NATIVE_TEXT_H
#define LT_TRACE_NATIVE_TEXT_H
#include "prog_dump.h"

/* A program's native code, a line for each instruction, "ADDRESS LENGTH TEXT"; by luatrace-cc. */
int lt_native_text(const struct lt_prog_dump *dump, lt_blob *out, lt_error *err);

#endif
