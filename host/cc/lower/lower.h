/* SPDX-License-Identifier: MIT
 *
 * From clang's unoptimised module to a BPF object: the passes that make the dialect BPF.
 */
#ifndef LT_CC_LOWER_H
#define LT_CC_LOWER_H
#include "memory.h"
#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>
#include <stdbool.h>

/* How a program gets its arguments and what its pointers may be used for. */
enum program_context {
	CONTEXT_REGISTERS,	/* struct pt_regs: arguments in registers */
	CONTEXT_SYSCALL,	/* struct pt_regs whose first argument is another one */
	CONTEXT_SYSCALL32,	/* the same of a 32-bit system call on a 64-bit kernel */
	CONTEXT_TRUSTED,	/* u64[]: arguments in order, pointers the verifier knows (fentry, tp_btf, LSM, …) */
	CONTEXT_ARRAY,		/* u64[]: arguments in order, pointers the verifier does not know (raw tracepoints) */
	CONTEXT_PACKET,		/* xdp_md, __sk_buff: pointers loaded from it are packet data */
	CONTEXT_OTHER,		/* one context parameter, nothing else */
};

struct program_kind {
	const char *function;
	const char *kind;
};

struct lowering {
	LLVMContextRef context;
	LLVMModuleRef module;
	LLVMTargetMachineRef machine;
	const struct program_kind *kinds; /* from --type; function NULL ends it */
	const struct kernel_btf *btf;	/* NULL or without types: nothing is known of the kernel's */
	const char *portable;	/* NULL: an object for one kernel; else what is to be in LT_PORTABLE_SECTION */
	const char *license;	/* NULL: GPL, unless the text has a section of its own */
	LLVMMemoryBufferRef emitted;	/* the object, when looking whether it fits made it already */
	bool failed, trying, too_big, try_failed, assembly_told;
	unsigned told_line, told_column; /* of LLVM's last error */
};

/* Once, before anything else of LLVM's or clang's. */
void lowering_begin(void);
/* Makes ready for `module`, which has `context`. */
void lowering_open(struct lowering *lowering);
/* Runs all passes. Prints errors with their lines and dies if there are any. */
void lowering_run(struct lowering *lowering);
/* An ELF object with BTF; assembly text; assembly text with its debug info, of which listing.c reads the lines. */
enum emission { EMIT_OBJECT, EMIT_ASSEMBLY, EMIT_ASSEMBLY_WITH_LINES };
void lowering_emit(struct lowering *lowering, enum emission emission, struct text *out);
/* listing.c: assembly with the text's lines, of assembly with debug info. */
void make_listing(const char *assembly, const char *source, struct text *out);
void lowering_close(struct lowering *lowering);

/* Prints "program.c:LINE:COLUMN: error: …" for the place of `instruction`. */
void lowering_error(struct lowering *lowering, LLVMValueRef instruction, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void lowering_warning(LLVMValueRef instruction, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* diagnose.c: LLVM's handler of messages; `context` is the lowering */
void diagnose(LLVMDiagnosticInfoRef info, void *context);
/* misuse.c: of the text as it was written; unsupported.c: of what is left of it when it is optimised */
void refuse_misuse(struct lowering *lowering);
void refuse_unsupported(struct lowering *lowering);
/* walk.c: all instructions of a function, or of all functions; what erases one takes the next before. */
LLVMValueRef first_of_function(LLVMValueRef function);
LLVMValueRef next_of_function(LLVMValueRef instruction);
LLVMValueRef first_of_module(LLVMModuleRef module);
LLVMValueRef next_of_module(LLVMValueRef instruction);

/* printk.c */
void check_formats(struct lowering *lowering);
/* moved.c: members that the kernel has behind a pointer now */
void follow_moved_members(struct lowering *lowering);
/* bit_fields.c: of structs whose members are found when the object is loaded */
void relocate_bit_fields(struct lowering *lowering);
/* element_sizes.c: of arrays in such structs */
void relocate_element_sizes(struct lowering *lowering);
/* division.c */
void expand_signed_divisions(struct lowering *lowering);
/* runtime_copies.c: true if it left calls to be inlined */
bool expand_runtime_copies(struct lowering *lowering);

/* programs.c */
enum program_context program_context(const struct lowering *lowering, LLVMValueRef function);
bool is_program(LLVMValueRef function);
/* True if the kernel never runs the program while it runs on the same CPU. */
bool is_guarded(const struct lowering *lowering, LLVMValueRef function);
void wrap_programs(struct lowering *lowering);
/* questions.c: what a question is about is not what is accessed where the answer is yes. Before any pass. */
void keep_questions_apart(struct lowering *lowering);
/* LLVM crashes at one whose answer is not used, and does not see that it can go. */
void drop_unused_questions(struct lowering *lowering);
/* dialect.c */
void resolve_dialect_calls(struct lowering *lowering);
void rename_globals(struct lowering *lowering);
/* places.c: where the text has, or calls, what the instruction does; NULL if nothing says it */
LLVMMetadataRef place_in_text(LLVMValueRef instruction);
/* The text's lines for the verifier too. */
void move_lines_to_text(struct lowering *lowering);
/* packet.c: members of packet headers become calls of the dialect's, to be inlined (true if there are any), and then
 * what asks for the packet gets it. */
bool lower_packet_headers(struct lowering *lowering);
/* packet_context.c */
void check_packet_loads(struct lowering *lowering, LLVMValueRef function);
void resolve_packets(struct lowering *lowering);
/* pinned.c: a load or store at `offset` of `base` becomes a call, which is returned; NULL if it is of no simple type.
 * Then all of them become loads and stores again. */
LLVMValueRef pin_access(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef access, LLVMValueRef base,
			int64_t offset, bool is_object);
/* The same of a copy from a context. False if it stays. */
bool pin_copy(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef call, LLVMValueRef base, int64_t offset);
void unpin_accesses(struct lowering *lowering);
/* probe_reads.c */
void insert_probe_reads(struct lowering *lowering);

enum { HELPER_PROBE_READ_KERNEL = 113 };
/* helper_calls.c: the helper that a call calls, or 0 */
unsigned long long called_helper(LLVMValueRef call);
/* Tells the optimiser which arguments the helper only reads and that it keeps none. */
void tell_helper_uses(struct lowering *lowering, LLVMValueRef call);
/* Memory the verifier lets a program read and write, or sockets as BPF shows them. */
bool helper_returns_memory(unsigned long long helper);
/* The former only. */
bool helper_returns_own_memory(unsigned long long helper);
/* The tag of the kernel's struct to which what it returns leads, "" if that depends, or NULL. */
const char *helper_returns_object(unsigned long long helper);
/* verifier_help.c */
void help_verifier(struct lowering *lowering);
/* lower_limits.c: after optimisation */
void keep_lower_limits(struct lowering *lowering);
/* Gives a function one of LLVM's attributes that have no value. */
static inline void set_flag(struct lowering *lowering, LLVMValueRef function, const char *name)
{
	unsigned kind = LLVMGetEnumAttributeKindForName(name, __builtin_strlen(name));

	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, LLVMCreateEnumAttribute(lowering->context, kind, 0));
}
/* A function that is part of its callers by the time of the later passes. */
static inline bool is_inlined(LLVMValueRef function)
{
	static const char name[] = "alwaysinline";

	return LLVMGetEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex,
					   LLVMGetEnumAttributeKindForName(name, sizeof(name) - 1));
}
/* The type that a call of llvm.preserve.*.access.index goes into, or NULL. */
static inline LLVMTypeRef accessed_element(LLVMValueRef access)
{
	static const char name[] = "elementtype";
	LLVMAttributeRef attribute = LLVMGetCallSiteEnumAttribute(access, 1,
								  LLVMGetEnumAttributeKindForName(name, sizeof(name) - 1));

	return attribute ? LLVMGetTypeAttributeValue(attribute) : NULL;
}
static inline bool name_starts(LLVMValueRef value, const char *prefix)
{
	size_t length, wanted = __builtin_strlen(prefix);
	const char *name = LLVMGetValueName2(value, &length);

	return length >= wanted && !__builtin_memcmp(name, prefix, wanted);
}
/* A call of a function whose name begins so. */
static inline bool is_call_of(LLVMValueRef value, const char *prefix)
{
	return LLVMIsACallInst(value) && LLVMIsAFunction(LLVMGetCalledValue(value)) &&
	       name_starts(LLVMGetCalledValue(value), prefix);
}
#endif
