/* SPDX-License-Identifier: MIT
 *
 * Code that the kernel's JIT made, by the disassembler of this machine's target, which luatrace does not link.
 */
#include "disassemble.h"
#include <inttypes.h>
#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#define TRIPLE "x86_64-linux-gnu"
#define FEATURES ""
static void initialize(void)
{
	LLVMInitializeX86TargetInfo();
	LLVMInitializeX86TargetMC();
	LLVMInitializeX86Disassembler();
}
#elif defined(__aarch64__)
#define TRIPLE "aarch64-linux-gnu"
#define FEATURES "+all"		/* the JIT takes what the machine has */
static void initialize(void)
{
	LLVMInitializeAArch64TargetInfo();
	LLVMInitializeAArch64TargetMC();
	LLVMInitializeAArch64Disassembler();
}
#else
#error "luatrace knows x86-64 and arm64"
#endif

/* There are no symbols here; but where it may ask for them, LLVM writes branches with their addresses. */
static const char *no_symbol(void *data, uint64_t value, uint64_t *type, uint64_t address, const char **name)
{
	(void)data;
	(void)value;
	(void)address;
	*type = LLVMDisassembler_ReferenceType_InOut_None;
	*name = NULL;
	return NULL;
}

/* LLVM's columns are tabs. */
static void add_instruction(struct text *out, uint64_t address, size_t length, const char *text)
{
	text_printf(out, "%" PRIx64 " %zu ", address, length);
	text += strspn(text, "\t ");
	for (; *text; text++)
		text_append(out, *text == '\t' || *text == '\n' ? " " : text, 1);
	text_append(out, "\n", 1);
}

static void disassemble_function(LLVMDisasmContextRef context, uint64_t address, const uint8_t *code, size_t size,
				 struct text *out)
{
	while (size) {
		char text[256] = "";
		/* it does not write to the code, though its prototype does not say so */
		size_t length = LLVMDisasmInstruction(context, (uint8_t *)(uintptr_t)code, size, address, text, sizeof(text));

		if (!length) {	/* none that it knows */
			snprintf(text, sizeof(text), ".byte 0x%02x", *code);
			length = 1;
		}
		add_instruction(out, address, length, text);
		address += length;
		code += length;
		size -= length;
	}
}

void disassemble(char **functions, int count, const uint8_t *code, size_t size, struct text *out)
{
	LLVMDisasmContextRef context;

	initialize();
	context = LLVMCreateDisasmCPUFeatures(TRIPLE, "", FEATURES, NULL, 0, NULL, no_symbol);
	if (!context)
		die("disassembling: LLVM has no disassembler of " TRIPLE);
	LLVMSetDisasmOptions(context, LLVMDisassembler_Option_PrintImmHex);
	for (int i = 0; i < count; i++) {
		uint64_t address;
		size_t length;

		if (sscanf(functions[i], "%" SCNx64 ":%zx", &address, &length) != 2 || length > size)
			die("disassembling: '%s': not ADDRESS:LENGTH of this code", functions[i]);
		disassemble_function(context, address, code, length, out);
		code += length;
		size -= length;
	}
}
