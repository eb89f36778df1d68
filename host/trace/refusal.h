/* SPDX-License-Identifier: MIT
 *
 * Why a program could not be loaded, kept beside it: a guessed kind may be wrong without harm until somebody
 * attaches the program.
 */
#ifndef LT_TRACE_REFUSAL_H
#define LT_TRACE_REFUSAL_H
#include "object.h"

/* `code` is -errno, `verifier_log` what the verifier wrote, or "". */
void lt_refusal_record(struct lt_load *load, const lt_object *object, const struct lt_program *program,
		       const struct lt_probe_ops *ops, int code, const char *verifier_log);
/* Puts what was recorded into `err`; returns the code. */
int lt_refusal_report(const struct lt_load *load, const struct lt_program *program, lt_error *err);

#endif
