/* SPDX-License-Identifier: MIT
 *
 * Formats of bpf_trace_printk(): the kernel refuses those with a conversion that it does not know, when the program
 * runs, and nothing is printed. So it is said when the text is compiled.
 */
#include "lower.h"
#include <stdio.h>
#include <string.h>

enum { HELPER_TRACE_PRINTK = 6 };

/* The first conversion that no kernel prints, with its length; NULL if there is none. */
static const char *unknown_conversion(const char *format, size_t *length)
{
	for (const char *at = strchr(format, '%'); at; at = strchr(at, '%')) {
		const char *start = at++;

		if (*at == '%') {
			at++;
			continue;
		}
		at += strspn(at, "-+ #0123456789.");
		at += strspn(at, "hlLzjt");
		if (*at && strchr("eEfFgGaAoSCn", *at)) {
			*length = at + 1 - start;
			return start;
		}
	}
	return NULL;
}

static void check_format(LLVMValueRef call)
{
	LLVMValueRef global = LLVMGetOperand(call, 0), text;
	const char *format, *conversion;
	size_t length;

	text = LLVMIsAGlobalVariable(global) ? LLVMGetInitializer(global) : NULL;
	if (!text || !LLVMIsConstantString(text))
		return;
	format = LLVMGetAsString(text, &length);
	if (!length || format[length - 1])
		return;
	conversion = unknown_conversion(format, &length);
	if (conversion)
		lowering_warning(call, "bpf_trace_printk: the kernel does not know '%.*s' and will print nothing of this line; "
				 "it knows d, i, u, x, p, s and c, with l and ll", (int)length, conversion);
}

void check_formats(struct lowering *lowering)
{
	for (LLVMValueRef i = first_of_module(lowering->module); i; i = next_of_module(i))
		if (LLVMGetInstructionOpcode(i) == LLVMCall && called_helper(i) == HELPER_TRACE_PRINTK)
			check_format(i);
}
