/* SPDX-License-Identifier: MIT */
#include "lower.h"
#include "scratch.h"
#include "kernel/portable.h"
#include <llvm-c/Analysis.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdio.h>
#include <string.h>

void lowering_begin(void)
{
	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	LLVMInitializeBPFAsmParser();
}

void lowering_open(struct lowering *lowering)
{
	char *message = NULL;
	LLVMTargetRef target;

	LLVMContextSetDiagnosticHandler(lowering->context, diagnose, lowering);
	LLVMContextSetDiscardValueNames(lowering->context, 0);
	if (LLVMGetTargetFromTriple("bpf", &target, &message))
		die("LLVM " LT_LLVM_VERSION " has no BPF target: %s", message);
	lowering->machine = LLVMCreateTargetMachine(target, "bpf", "v3", "", LLVMCodeGenLevelDefault, LLVMRelocDefault,
						    LLVMCodeModelDefault);
}

static void say(LLVMValueRef instruction, const char *severity, const char *format, va_list args)
{
	LLVMMetadataRef place = place_in_text(instruction);
	unsigned line = place ? LLVMDILocationGetLine(place) : 0, column = place ? LLVMDILocationGetColumn(place) : 0;

	if (line)
		fprintf(stderr, "program.c:%u:%u: ", line, column);
	fprintf(stderr, "%s: ", severity);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void lowering_error(struct lowering *lowering, LLVMValueRef instruction, const char *format, ...)
{
	va_list args;

	lowering->failed = true;
	va_start(args, format);
	say(instruction, "error", format, args);
	va_end(args);
}

void lowering_warning(LLVMValueRef instruction, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(instruction, "warning", format, args);
	va_end(args);
}

static void run_passes(struct lowering *lowering, const char *passes)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error = LLVMRunPasses(lowering->module, passes, lowering->machine, options);

	LLVMDisposePassBuilderOptions(options);
	if (error)
		die("pass '%s': %s", passes, LLVMGetErrorMessage(error));
}

/* LLVM's verifier looks at the whole module: after each step in a build that is to find defects, else once. */
#if defined(__SANITIZE_ADDRESS__)
enum { VERIFY_EACH_STEP = true };
#else
enum { VERIFY_EACH_STEP = false };
#endif

static void verify(struct lowering *lowering, const char *after)
{
	char *message = NULL;

	if (LLVMVerifyModule(lowering->module, LLVMReturnStatusAction, &message))
		die("a defect of luatrace-cc: the module is broken after %s: %s", after, message);
	LLVMDisposeMessage(message);
}

static void check(struct lowering *lowering, const char *after)
{
	if (lowering->failed)
		exit(1);
	if (VERIFY_EACH_STEP)
		verify(lowering, after);
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

/* Says that the object is for any kernel: see kernel/portable.h. */
static void add_portable(struct lowering *lowering)
{
	LLVMValueRef text, global;

	if (!lowering->portable)
		return;
	text = LLVMConstStringInContext(lowering->context, lowering->portable, strlen(lowering->portable), 0);
	global = LLVMAddGlobal(lowering->module, LLVMTypeOf(text), "__lt_portable");
	LLVMSetInitializer(global, text);
	LLVMSetSection(global, LT_PORTABLE_SECTION);
	LLVMSetLinkage(global, LLVMInternalLinkage);
	LLVMSetGlobalConstant(global, 1);
}

/* Of bpf/kernel/string.h, and what the compiler makes of memcmp. */
static bool is_of_library(const char *name)
{
	static const char *const functions[] = {
		"strlen", "strcmp", "strncmp", "strcpy", "strncpy", "strcat", "strchr", "sprintf", "snprintf", "memcmp",
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (!strcmp(name, functions[i]))
			return true;
	return false;
}

/* Kernel functions are declared with __ksym; everything else that is called must be there. */
static void refuse_undefined(struct lowering *lowering)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f)) {
		LLVMUseRef use = LLVMGetFirstUse(f);

		if (!LLVMIsDeclaration(f) || LLVMGetIntrinsicID(f) || !use ||
		    (LLVMGetSection(f) && *LLVMGetSection(f)))
			continue;
		lowering_error(lowering, LLVMGetUser(use), "function '%s' is called but not defined%s", LLVMGetValueName(f),
			       !is_of_library(LLVMGetValueName(f)) ? "" : "; a program has no C library, and only for constants does "
			       "the compiler know what it would do: write a loop, or see bpf_strncmp and BPF_SNPRINTF");
	}
}

static LLVMMemoryBufferRef emit(struct lowering *lowering, LLVMModuleRef module, bool object)
{
	char *message = NULL;
	LLVMMemoryBufferRef buffer;

	if (LLVMTargetMachineEmitToMemoryBuffer(lowering->machine, module, object ? LLVMObjectFile : LLVMAssemblyFile,
						&message, &buffer))
		die("emitting BPF code: %s", message);
	return buffer;
}

/* Of itself code generation only tells of what it sees accessed beyond the stack, and not of what a pointer reaches. */
static void watch_frames(struct lowering *lowering)
{
	static const char name[] = "warn-stack-size", most[] = "512";
	LLVMAttributeRef attribute = LLVMCreateStringAttribute(lowering->context, name, strlen(name), most, strlen(most));

	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f))
		LLVMAddAttributeAtIndex(f, LLVMAttributeFunctionIndex, attribute);
}

/* Code generation says whether the stack suffices: it knows lifetimes and spills. It changes what it is given, so it
 * gets a copy. */
static bool fits(struct lowering *lowering)
{
	LLVMModuleRef module = lowering->module;
	bool padded;

	lowering->trying = true;
	lowering->too_big = lowering->try_failed = false;
	lowering->module = LLVMCloneModule(module);
	padded = leave_callee_room(lowering);
	split_fills(lowering);
	watch_frames(lowering);
	lowering->emitted = emit(lowering, lowering->module, true);
	LLVMDisposeModule(lowering->module);
	lowering->module = module;
	lowering->trying = false;
	/* what else is wrong with it is said when it is made for good */
	if (lowering->too_big || lowering->try_failed || padded) {
		LLVMDisposeMemoryBuffer(lowering->emitted);
		lowering->emitted = NULL;
	}
	return !lowering->too_big;
}

/* BPF's stack has 512 bytes; what does not fit moves to scratch. Each try begins with the module as it was: a function
 * claims one entry of scratch, whose ways out are all known. */
static void fit_stack(struct lowering *lowering)
{
	static const unsigned budgets[] = { 256, 64, 0 };
	LLVMModuleRef unmoved = lowering->module;

	if (deepest_frames(lowering) <= budgets[0])
		return;
	for (unsigned i = 0; i < sizeof(budgets) / sizeof(*budgets) && !fits(lowering); i++) {
		if (lowering->module != unmoved)
			LLVMDisposeModule(lowering->module);
		lowering->module = LLVMCloneModule(unmoved);
		move_to_scratch(lowering, budgets[i]);
		check(lowering, "moving locals to scratch");
	}
	if (lowering->module != unmoved)
		LLVMDisposeModule(unmoved);
}

void lowering_run(struct lowering *lowering)
{
	follow_moved_members(lowering);
	refuse_misuse(lowering);
	wrap_programs(lowering);
	check(lowering, "wrapping programs");
	keep_questions_apart(lowering);
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
	relocate_element_sizes(lowering);
	relocate_bit_fields(lowering);
	resolve_packets(lowering);
	check(lowering, "lowering packet headers");
	insert_probe_reads(lowering);
	help_verifier(lowering);
	check(lowering, "inserting probe reads");
	drop_unused_questions(lowering);
	run_passes(lowering, "default<O2>");
	unpin_accesses(lowering);
	if (expand_runtime_copies(lowering))
		run_passes(lowering, "always-inline");
	expand_signed_divisions(lowering);
	keep_lower_limits(lowering);
	refuse_undefined(lowering);
	refuse_unsupported(lowering);
	check_formats(lowering);
	add_license(lowering);
	add_portable(lowering);
	rename_globals(lowering);
	move_lines_to_text(lowering);
	check(lowering, "optimising");
	fit_stack(lowering);
	split_fills(lowering);
	check(lowering, "moving locals");
	verify(lowering, "all passes");
}

void lowering_emit(struct lowering *lowering, enum emission emission, struct text *out)
{
	bool object = emission == EMIT_OBJECT;
	LLVMMemoryBufferRef buffer = object ? lowering->emitted : NULL;

	/* for reading: without the bytes of debug info, which are nine tenths of it */
	if (emission == EMIT_ASSEMBLY)
		LLVMStripModuleDebugInfo(lowering->module);
	if (!buffer)
		buffer = emit(lowering, lowering->module, object);
	if (lowering->failed)
		exit(1);
	text_append(out, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
	LLVMDisposeMemoryBuffer(buffer);
	if (object)
		lowering->emitted = NULL;
}

void lowering_close(struct lowering *lowering)
{
	LLVMDisposeTargetMachine(lowering->machine);
	LLVMDisposeModule(lowering->module);
	LLVMContextDispose(lowering->context);
}
