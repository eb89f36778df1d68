/* SPDX-License-Identifier: MIT
 *
 * From a register in the verifier's reason to words of the source line. BTF knows no local variables, so this is
 * reading: the argument of a call that stands in the line, or the one pointer that the line follows.
 */
#include "cause.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which argument of a dialect's call is the helper's argument 1 to 5; 0: none of them. */
static const struct {
	const char *name;
	int arguments[5];
} methods[] = {
	{ "lookup", { 0, 1 } }, { "lookup_or_init", { 0, 1, 2 } }, { "lookup_or_try_init", { 0, 1, 2 } },
	{ "update", { 0, 1, 2 } }, { "insert", { 0, 1, 2 } }, { "delete", { 0, 1 } },
	{ "perf_submit", { 1, 0, 0, 2, 3 } }, { "ringbuf_output", { 0, 1, 2 } }, { "ringbuf_reserve", { 0, 1 } },
	{ "get_stackid", { 1, 0, 2 } }, { "push", { 0, 1 } }, { "pop", { 0, 1 } }, { "peek", { 0, 1 } },
	{ "bpf_trace_printk", { 1, 0, 2, 3, 4 } },
};

static bool is_name(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

static void keep(const char *from, const char *end, char *out, uint32_t size)
{
	while (from < end && isspace((unsigned char)*from))
		from++;
	while (end > from && isspace((unsigned char)end[-1]))
		end--;
	if (from < end && (size_t)(end - from) < size)
		snprintf(out, size, "%.*s", (int)(end - from), from);
}

/* The `number`-th argument of the call whose parenthesis opens at `at`. */
static void take_argument(const char *at, int number, char *out, uint32_t size)
{
	const char *from = at + 1;
	int depth = 0, current = 1;

	for (at++; *at; at++) {
		if (*at == '(' || *at == '[' || *at == '{') {
			depth++;
		} else if (depth && (*at == ')' || *at == ']' || *at == '}')) {
			depth--;
		} else if (!depth && (*at == ',' || *at == ')')) {
			if (current++ == number)
				keep(from, at, out, size);
			if (*at == ')' || current > number)
				return;
			from = at + 1;
		}
	}
}

/* Where `name`( stands in the line. */
static const char *find_call(const char *source, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = source; (at = strstr(at, name)); at += length) {
		const char *open = at + length + strspn(at + length, " ");

		if ((at == source || !is_name(at[-1])) && *open == '(')
			return open;
	}
	return NULL;
}

static void take_call(const struct lt_refusal *refusal, int reg, char *out, uint32_t size)
{
	const char *open = find_call(refusal->source, refusal->call);

	if (open) {
		take_argument(open, reg, out, size);
		if (*out)
			return;
	}
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		open = find_call(refusal->source, methods[i].name);
		if (open && methods[i].arguments[reg - 1]) {
			take_argument(open, methods[i].arguments[reg - 1], out, size);
			return;
		}
	}
}

/* NAME in "NAME->", "NAME[" and "*NAME"; "" when there are different ones. */
static void take_pointer(const char *source, char *out, uint32_t size)
{
	for (const char *at = source; *at; at++) {
		const char *end = at;
		bool follows;

		if (!is_name(*at) || isdigit((unsigned char)*at) || (at > source && is_name(at[-1])))
			continue;
		while (is_name(*end))
			end++;
		/* a member is followed from its struct, and "a * b" multiplies */
		follows = at > source && at[-1] == '*' && (at - 1 == source || !is_name(at[-2]));
		follows = follows || !strncmp(end, "->", 2) || *end == '[';
		/* "*map.lookup(&key)" follows what a call gave */
		follows = follows && *end != '.' && *end != '(';
		if (!follows || (at > source && (at[-1] == '.' || at[-1] == '>')) || (size_t)(end - at) >= size)
			continue;
		if (*out && (strlen(out) != (size_t)(end - at) || strncmp(out, at, end - at))) {
			*out = '\0';
			return;
		}
		snprintf(out, size, "%.*s", (int)(end - at), at);
	}
}

/* The words in the line's only brackets. */
static void take_index(const char *source, char *out, uint32_t size)
{
	const char *open = strchr(source, '['), *close = open ? strchr(open, ']') : NULL;

	if (close && !strchr(open + 1, '['))
		keep(open + 1, close, out, size);
}

/* The register that the reason is about, or the argument: "R1", "arg#0", "arg0". -1: none. */
static int find_register(const char *reason)
{
	for (const char *at = reason; *at; at++) {
		if (*at == 'R' && isdigit((unsigned char)at[1]))
			return atoi(at + 1);
		if (!strncmp(at, "arg", 3) && isdigit((unsigned char)at[3 + (at[3] == '#')]))
			return atoi(at + 3 + (at[3] == '#')) + 1;
	}
	return -1;
}

void lt_refusal_value(const struct lt_refusal *refusal, char *out, uint32_t size)
{
	int reg = find_register(refusal->reason);

	*out = '\0';
	if (strstr(refusal->reason, "unbounded m") && !refusal->call[0])
		take_index(refusal->source, out, size);
	else if (refusal->call[0] && reg >= 1 && reg <= 5)
		take_call(refusal, reg, out, size);
	else if (!refusal->call[0] && (strstr(refusal->reason, "mem access") || strstr(refusal->reason, "_or_null")))
		take_pointer(refusal->source, out, size);
}
