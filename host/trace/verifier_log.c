/* SPDX-License-Identifier: MIT
 *
 * The log is what the verifier did, instruction by instruction, with the reason as the last line or two that are
 * not that. Kernels since 6.10 say where source lines come from ("; text @ file:line"), older ones only the text.
 */
#include "verifier_log.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
	const char *text;
	int length;
};

static bool begins(struct line line, const char *prefix)
{
	int length = (int)strlen(prefix);

	return line.length >= length && !memcmp(line.text, prefix, (size_t)length);
}

/* The number in "NUMBER: …", or -1. */
static int instruction_number(struct line line)
{
	int at = 0, number = 0;

	while (at < line.length && isdigit((unsigned char)line.text[at]) && at < 8)
		number = number * 10 + (line.text[at++] - '0');
	return at && at < line.length && line.text[at] == ':' ? number : -1;
}

/* "R0=inv(id=0) R10=fp0", "R1_w=ctx()", "frame1: R6=…"; but "R1 type=ctx expected=fp" is a reason. */
static bool is_register_state(struct line line)
{
	int at = 1;

	if (begins(line, "frame"))
		return true;
	if (line.length < 3 || line.text[0] != 'R' || !isdigit((unsigned char)line.text[1]))
		return false;
	while (at < line.length && (isalnum((unsigned char)line.text[at]) || line.text[at] == '_'))
		at++;
	return at < line.length && line.text[at] == '=';
}

/* Lines that tell what the verifier does, not what it minds. */
static bool is_progress(struct line line)
{
	static const char *const prefixes[] = {
		"processed ", "verification time ", "stack depth ", "from ", "func#", "Func#", "Validating ",
		"Live regs ", "last_idx ", "regs=", "parent ", "mark_precise:", "propagating ", "caller:",
		"callee:", "returning from callee:", "to caller at ", "-- ", "max_states_per_insn ",
		"arg#0 reference type('UNKNOWN", "reg type unsupported", "cur state:", "old state:",
	};

	if (!line.length || instruction_number(line) >= 0 || is_register_state(line))
		return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (begins(line, prefixes[i]))
			return true;
	return false;
}

/* "12: (85) call bpf_map_lookup_elem#1   ; R0=…": the function's name. */
static void take_call(struct line line, struct lt_refusal *out)
{
	static const char word[] = "(85) call ";
	const char *call = memmem(line.text, (size_t)line.length, word, sizeof(word) - 1);
	const char *name = call ? call + sizeof(word) - 1 : line.text, *end = name;

	while (call && end < line.text + line.length && (isalnum((unsigned char)*end) || *end == '_'))
		end++;
	snprintf(out->call, sizeof(out->call), "%.*s", (int)(end - name), name);
}

/* What the log last showed of the register that the reason begins with: "map_value(…)" of "R6_w=map_value(…)". */
static void take_state(const char *log, const char *reason, struct lt_refusal *out)
{
	const char *found = NULL;
	char name[4];

	if (sscanf(reason, "%3[R0-9]", name) != 1 || *name != 'R' || !name[1])
		return;
	for (const char *at = log; (at = strstr(at, name)); at++) {
		const char *after = at + strlen(name);

		/* R1_w, R1_rw: what the verifier did with it */
		if (*after == '_')
			after += 1 + strspn(after + 1, "rwD");
		if (*after == '=')
			found = after + 1;
	}
	if (found)
		snprintf(out->state, sizeof(out->state), "%.*s", (int)strcspn(found, " (\n"), found);
}

/* "; text @ file.c:12" or "; text". */
static void take_source(struct line line, struct lt_refusal *out)
{
	const char *text = line.text + 2, *end = line.text + line.length, *at = NULL;

	for (const char *p = text; p + 3 <= end; p++)
		if (!memcmp(p, " @ ", 3))
			at = p;
	out->line = 0;
	if (at) {
		const char *colon = memrchr(at, ':', (size_t)(end - at));

		if (colon && colon + 1 < end && isdigit((unsigned char)colon[1])) {
			out->line = (uint32_t)strtoul(colon + 1, NULL, 10);
			end = at;
		}
	}
	while (text < end && isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	snprintf(out->source, sizeof(out->source), "%.*s", (int)(end - text), text);
}

static struct line trimmed(const char *text, size_t length)
{
	while (length && isspace((unsigned char)*text)) {
		text++;
		length--;
	}
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	return (struct line){ text, (int)length };
}

enum { LONG_LOG = 100000 };

bool lt_verifier_log_is_long(const char *log)
{
	static const char word[] = "processed ";
	const char *found = NULL;

	for (const char *at = log; (at = strstr(at, word)); at++)
		found = at;
	return found && strtoul(found + strlen(word), NULL, 10) > LONG_LOG;
}

void lt_verifier_log_parse(const char *whole, struct lt_refusal *out)
{
	const char *log = whole;
	struct line last = { 0 }, before = { 0 };
	bool adjacent = false;

	memset(out, 0, sizeof(*out));
	out->insn = -1;
	while (*log) {
		size_t length = strcspn(log, "\n");
		struct line line = trimmed(log, length);

		log += length + (log[length] == '\n');
		if (begins(line, "; ") && !begins(line, "; <invalid CO-RE")) {
			take_source(line, out);
			adjacent = false;
		} else if (is_progress(line)) {
			int number = instruction_number(line);

			if (number >= 0) {
				out->insn = number;
				take_call(line, out);
			}
			/* The summary ends the log; it parts no two lines of a reason. */
			adjacent = false;
		} else {
			/* 6.1 also leaves words of its own bookkeeping there, such as "R2 is not a scalar" */
			before = adjacent && (begins(last, "invalid access to ") || begins(last, "Unreleased reference ")) ?
				 last : (struct line){ 0 };
			last = line;
			adjacent = true;
		}
	}
	/* "invalid access to map value, value_size=8 …" stands above the line that says which register. */
	if (before.length)
		snprintf(out->reason, sizeof(out->reason), "%.*s: %.*s", before.length, before.text,
			 last.length, last.text);
	else
		snprintf(out->reason, sizeof(out->reason), "%.*s", last.length, last.text);
	take_state(whole, out->reason, out);
}

void lt_refusal_write(const struct lt_refusal *refusal, char *out, uint32_t size)
{
	const char *reason = refusal->reason[0] ? refusal->reason : "it gave no reason";

	if (refusal->line && refusal->source[0])
		snprintf(out, size, "%s (line %u: %s)", reason, refusal->line, refusal->source);
	else if (refusal->line)
		snprintf(out, size, "%s (line %u)", reason, refusal->line);
	else if (refusal->source[0])
		snprintf(out, size, "%s (at: %s)", reason, refusal->source);
	else
		snprintf(out, size, "%s", reason);
}
