/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_COMPILE_ANSWER_H
#define LT_TRACE_COMPILE_ANSWER_H
#include "../compile_protocol.h"
#include "../luatrace.h"
#include "compile_cache.h"
#include <stdbool.h>

/* Takes one question (see compile_protocol.h) and answers it. False once the child has closed its end, or no longer
 * reads what it is answered. */
bool lt_compile_answer(int ask_fd, const lt_compile_opts *opts, struct compile_cache *cache);
/* What a question asks for: a descriptor; or negative, with the reason in `answer`. */
int lt_compile_open(const lt_compile_opts *opts, const char *question, struct lt_cc_answer *answer);
/* The directory that cflag `index` names (a pointer into it), or NULL if it names none. */
const char *lt_include_directory(const lt_compile_opts *opts, uint32_t index);
#endif
