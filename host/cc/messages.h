/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_MESSAGES_H
#define LT_CC_MESSAGES_H
#include "memory.h"

/* What a person wants of clang's messages: without what is said about the inside of our own headers. */
void messages_tidy(const char *raw, struct text *out);
#endif
