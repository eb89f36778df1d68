/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_COMPILE_ANSWER_H
#define LT_TRACE_COMPILE_ANSWER_H
#include "../luatrace.h"
#include <stdbool.h>

/* Takes one question (see compile_protocol.h) and answers it. False once the child has closed its end, or no longer
 * reads what it is answered. */
bool lt_compile_answer(int ask_fd, const lt_compile_opts *opts);
/* The directory that cflag `index` names (a pointer into it), or NULL if it names none. */
const char *lt_include_directory(const lt_compile_opts *opts, uint32_t index);
#endif
