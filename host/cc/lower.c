/* SPDX-License-Identifier: MIT */
#include "lower.h"
#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdio.h>
#include <string.h>

/* A zeroed local that is too big for the stack becomes a call of memset, which BPF does not have. */
static bool is_about_stack(const char *text)
{
	return strstr(text, "stack limit") || strstr(text, "function 'memset'");
}

static void on_diagnostic(LLVMDiagnosticInfoRef info, void *context)
{
	struct lowering *lowering = context;
	char *text = LLVMGetDiagInfoDescription(info);

	text[strcspn(text, "\n")] = '\0';
	if (LLVMGetDiagInfoSeverity(info) == LLVMDSError) {
		lowering->failed = true;
		if (is_about_stack(text)) {
			/* LLVM says it once for each access to what does not fit */
			if (!lowering->stack_told)
				fprintf(stderr, "error: a program's local variables need more than BPF's 512 bytes of "
					"stack; keep big records in a ring buffer reservation or a BPF_PERCPU_ARRAY of "
					"one entry (%s)\n", text);
			lowering->stack_told = true;
		} else {
			fprintf(stderr, "error: %s\n", text);
		}
	}
	LLVMDisposeMessage(text);
}

void lowering_open(struct lowering *lowering, const char *bitcode, size_t size)
{
	LLVMMemoryBufferRef buffer = LLVMCreateMemoryBufferWithMemoryRange(bitcode, size, "text", 0);
	char *message = NULL;
	LLVMTargetRef target;

	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	LLVMInitializeBPFAsmParser();
	lowering->context = LLVMContextCreate();
	LLVMContextSetDiagnosticHandler(lowering->context, on_diagnostic, lowering);
	if (LLVMParseBitcodeInContext2(lowering->context, buffer, &lowering->module))
		die("clang's bitcode is not readable by LLVM " LT_LLVM_VERSION ": clang must not be newer");
	LLVMDisposeMemoryBuffer(buffer);
	if (LLVMGetTargetFromTriple("bpf", &target, &message))
		die("LLVM " LT_LLVM_VERSION " has no BPF target: %s", message);
	lowering->machine = LLVMCreateTargetMachine(target, "bpf", "v3", "", LLVMCodeGenLevelDefault, LLVMRelocDefault,
						    LLVMCodeModelDefault);
}

void lowering_error(struct lowering *lowering, LLVMValueRef instruction, const char *format, ...)
{
	LLVMMetadataRef place = place_in_text(instruction);
	unsigned line = place ? LLVMDILocationGetLine(place) : 0, column = place ? LLVMDILocationGetColumn(place) : 0;
	va_list args;

	lowering->failed = true;
	if (line)
		fprintf(stderr, "program.c:%u:%u: error: ", line, column);
	else
		fprintf(stderr, "error: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void run_passes(struct lowering *lowering, const char *passes)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error = LLVMRunPasses(lowering->module, passes, lowering->machine, options);

	LLVMDisposePassBuilderOptions(options);
	if (error)
		die("pass '%s': %s", passes, LLVMGetErrorMessage(error));
}

static void check(struct lowering *lowering, const char *after)
{
	char *message = NULL;

	if (lowering->failed)
		exit(1);
	if (LLVMVerifyModule(lowering->module, LLVMReturnStatusAction, &message))
		die("a defect of luatrace-cc: the module is broken after %s: %s", after, message);
	LLVMDisposeMessage(message);
}

static bool has_section(struct lowering *lowering, const char *section)
{
	for (LLVMValueRef g = LLVMGetFirstGlobal(lowering->module); g; g = LLVMGetNextGlobal(g))
		if (LLVMGetSection(g) && !strcmp(LLVMGetSection(g), section))
			return true;
	return false;
}

static void add_license(struct lowering *lowering)
{
	const char *license = lowering->license ? lowering->license : "GPL";
	LLVMValueRef text, global;

	if (has_section(lowering, "license"))
		return;
	text = LLVMConstStringInContext(lowering->context, license, strlen(license), 0);
	global = LLVMAddGlobal(lowering->module, LLVMTypeOf(text), "_license");
	LLVMSetInitializer(global, text);
	LLVMSetSection(global, "license");
	/* libbpf's linker wants debug info for everything that is not local */
	LLVMSetLinkage(global, LLVMInternalLinkage);
	LLVMSetGlobalConstant(global, 1);
}

/* Kernel functions are declared with __ksym; everything else that is called must be there. */
static void refuse_undefined(struct lowering *lowering)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f)) {
		LLVMUseRef use = LLVMGetFirstUse(f);

		if (!LLVMIsDeclaration(f) || LLVMGetIntrinsicID(f) || !use ||
		    (LLVMGetSection(f) && *LLVMGetSection(f)))
			continue;
		lowering_error(lowering, LLVMGetUser(use), "function '%s' is called but not defined", LLVMGetValueName(f));
	}
}

void lowering_run(struct lowering *lowering)
{
	wrap_programs(lowering);
	check(lowering, "wrapping programs");
	/* sroa and early-cse fold the dialect's function tables into direct calls */
	run_passes(lowering, "function(sroa,early-cse)");
	resolve_dialect_calls(lowering);
	check(lowering, "resolving the dialect's calls");
	/* calls through tables that an inlined function was given fold only after the first round */
	run_passes(lowering, "always-inline,function(sroa,early-cse,instsimplify)");
	resolve_dialect_calls(lowering);
	run_passes(lowering, "always-inline,function(sroa,early-cse<memssa>)");
	if (lower_packet_headers(lowering))
		run_passes(lowering, "always-inline");
	resolve_packets(lowering);
	check(lowering, "lowering packet headers");
	insert_probe_reads(lowering);
	help_verifier(lowering);
	check(lowering, "inserting probe reads");
	run_passes(lowering, "default<O2>");
	refuse_undefined(lowering);
	add_license(lowering);
	rename_globals(lowering);
	move_lines_to_text(lowering);
	check(lowering, "optimising");
}

void lowering_emit(struct lowering *lowering, bool object, struct text *out)
{
	LLVMMemoryBufferRef buffer;
	char *message = NULL;

	/* for reading: without the bytes of debug info, which are nine tenths of it */
	if (!object)
		LLVMStripModuleDebugInfo(lowering->module);
	if (LLVMTargetMachineEmitToMemoryBuffer(lowering->machine, lowering->module,
						object ? LLVMObjectFile : LLVMAssemblyFile, &message, &buffer))
		die("emitting BPF code: %s", message);
	if (lowering->failed)
		exit(1);
	text_append(out, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
	LLVMDisposeMemoryBuffer(buffer);
}

void lowering_close(struct lowering *lowering)
{
	LLVMDisposeTargetMachine(lowering->machine);
	LLVMDisposeModule(lowering->module);
	LLVMContextDispose(lowering->context);
}
