/* SPDX-License-Identifier: MIT
 *
 * What the verifier's log says of a refusal.
 */
#ifndef LT_TRACE_VERIFIER_LOG_H
#define LT_TRACE_VERIFIER_LOG_H
#include <stdbool.h>
#include <stdint.h>

struct lt_refusal {
	char reason[512];	/* "" if the log gives none */
	char source[160];	/* the line of source text that the log shows before it, or "" */
	uint32_t line;		/* its number; 0: the log does not say */
	int32_t insn;		/* the last instruction looked at, or -1 */
	char state[32];		/* what the register that the reason begins with held: "map_value", "0"; or "" */
	char call[48];		/* the helper or function that this instruction calls, or "" */
};

/* Whether the verifier looked at so many instructions that a log of them all would take seconds. */
bool lt_verifier_log_is_long(const char *log);
void lt_verifier_log_parse(const char *log, struct lt_refusal *out);
/* "REASON (line N: SOURCE)", with what is known of it. */
void lt_refusal_write(const struct lt_refusal *refusal, char *out, uint32_t size);

#endif
