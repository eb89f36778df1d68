/* SPDX-License-Identifier: MIT
 *
 * What LLVM says while it makes code, in the words of who wrote the text.
 */
#include "lower.h"
#include <stdio.h>
#include <string.h>

/* The assembler names a place in the piece of assembly only. */
static void say_assembly(struct lowering *lowering, const char *text)
{
	const char *words = strstr(text, ": ");
	LLVMValueRef found = NULL;

	for (LLVMValueRef i = first_of_module(lowering->module); i && !found; i = next_of_module(i))
		if (LLVMGetInstructionOpcode(i) == LLVMCall && LLVMIsAInlineAsm(LLVMGetCalledValue(i)) && place_in_text(i))
			found = i;
	if (lowering->assembly_told)
		return;
	lowering->assembly_told = true;
	words = words ? words + 2 : text;
	if (found)
		lowering_error(lowering, found, "inline assembly that is not BPF's (%s)", words);
	else
		fprintf(stderr, "error: inline assembly that is not BPF's (%s)\n", words);
}

/* Functions that the compiler calls for what the machine lacks, and what is left when locals have moved to scratch. */
static const char *meaning_of(const char *text)
{
	static const struct { const char *name, *meaning; } builtins[] = {
		{ "'memcpy'", "a copy of more than BPF does in line; copy a smaller size, or use bpf_probe_read_kernel()" },
		{ "'memmove'", "bytes that move within one array, more than BPF does in line or as many as only run time tells; "
			       "move a constant, smaller size, or copy them to another array" },
		{ "'memcmp'", "a comparison of memory of a size known only at run time; compare in a bounded loop" },
		{ "ti3'", "128-bit multiplication or division, which BPF does not have" },
		{ "ti2'", "128-bit arithmetic that BPF does not have" },
		{ "stack limit", "it has more values in use at one time than BPF's stack of 512 bytes holds, besides its variables, "
				 "which can move away; split the work, or keep loops from being unrolled "
				 "(#pragma clang loop unroll(disable))" },
	};

	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		if (strstr(text, builtins[i].name))
			return builtins[i].meaning;
	return NULL;
}

/* "program.c:7:9: in function f i32 (ptr): WORDS" */
static void say_error(struct lowering *lowering, const char *text)
{
	const char *in = strstr(text, ": in function "), *name, *words;
	unsigned line = 0, column = 0;
	char function[128];

	if (!in || sscanf(text, "program.c:%u:%u", &line, &column) < 0 || sscanf(in, ": in function %127s", function) != 1) {
		fprintf(stderr, "error: %s\n", text);
		return;
	}
	name = in + strlen(": in function ");
	words = strstr(name, "): ");
	words = words ? words + 3 : name;
	/* what is said of the same place again follows from the first */
	if (line && line == lowering->told_line && column == lowering->told_column)
		return;
	lowering->told_line = line;
	lowering->told_column = column;
	if (line)
		fprintf(stderr, "program.c:%u:%u: ", line, column);
	fprintf(stderr, "error: function '%s': %s\n", function, meaning_of(words) ? meaning_of(words) : words);
}

void diagnose(LLVMDiagnosticInfoRef info, void *context)
{
	struct lowering *lowering = context;
	char *text = LLVMGetDiagInfoDescription(info);

	text[strcspn(text, "\n")] = '\0';
	if (strstr(text, "exceeds limit")) {	/* a frame's size: see watch_frames() */
		lowering->too_big = true;
	} else if (LLVMGetDiagInfoSeverity(info) == LLVMDSError) {
		if (strstr(text, "stack limit"))
			lowering->too_big = true;
		else
			lowering->try_failed = true;
		if (!lowering->trying) {
			lowering->failed = true;
			if (strstr(text, "<inline asm>"))
				say_assembly(lowering, text);
			else
				say_error(lowering, text);
		}
	}
	LLVMDisposeMessage(text);
}
