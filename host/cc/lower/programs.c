/* SPDX-License-Identifier: MIT
 *
 * Programs: the externally visible functions of the text. Each gets a wrapper with the one parameter the kernel
 * passes, which loads the others and calls the text's own function. Replacing the parameters in place would read
 * wrong registers where one program function calls another.
 */
#include "lower.h"
#include <llvm-c/DebugInfo.h>
#include <llvm/Config/llvm-config.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

bool is_program(LLVMValueRef function)
{
	return !LLVMIsDeclaration(function) && LLVMGetLinkage(function) == LLVMExternalLinkage;
}

enum {
	GUARDED = 1,	/* the kernel never runs such a program while it runs on the same CPU */
	NO_RESULT = 2,	/* the verifier takes no result but 0, and nobody reads it */
};

struct traits {
	enum program_context context;
	unsigned flags;
};

static const struct { const char *prefix; struct traits traits; } prefixes[] = {
	{ "syscall__", { CONTEXT_SYSCALL, GUARDED } },
	{ "kprobe____x64_sys_", { CONTEXT_SYSCALL, GUARDED } },
	{ "kprobe____arm64_sys_", { CONTEXT_SYSCALL, GUARDED } },
	{ "kprobe__sys_", { CONTEXT_SYSCALL, GUARDED } },
	{ "kprobe____ia32_sys_", { CONTEXT_SYSCALL32, GUARDED } },
	{ "kprobe____ia32_compat_sys_", { CONTEXT_SYSCALL32, GUARDED } },
	{ "kprobe__", { CONTEXT_REGISTERS, GUARDED } },
	{ "kretprobe__", { CONTEXT_REGISTERS, GUARDED } },
	{ "kfunc__", { CONTEXT_TRUSTED, GUARDED | NO_RESULT } },
	{ "kretfunc__", { CONTEXT_TRUSTED, GUARDED | NO_RESULT } },
	{ "kmod_ret__", { CONTEXT_TRUSTED, GUARDED } },
	{ "lsm__", { CONTEXT_TRUSTED, 0 } },
	{ "bpf_iter__", { CONTEXT_TRUSTED, 0 } },
	{ "raw_tracepoint__", { CONTEXT_ARRAY, GUARDED } },
	{ "tracepoint__", { CONTEXT_OTHER, GUARDED } },
};

static const struct { const char *kind; struct traits traits; } kind_traits[] = {
	{ "kprobe", { CONTEXT_REGISTERS, GUARDED } }, { "kretprobe", { CONTEXT_REGISTERS, GUARDED } },
	{ "uprobe", { CONTEXT_REGISTERS, 0 } }, { "uretprobe", { CONTEXT_REGISTERS, 0 } },
	{ "usdt", { CONTEXT_REGISTERS, 0 } }, { "fentry", { CONTEXT_TRUSTED, GUARDED | NO_RESULT } },
	{ "fexit", { CONTEXT_TRUSTED, GUARDED | NO_RESULT } }, { "fmod_ret", { CONTEXT_TRUSTED, GUARDED } },
	{ "lsm", { CONTEXT_TRUSTED, 0 } }, { "iter", { CONTEXT_TRUSTED, 0 } },
	{ "tp_btf", { CONTEXT_TRUSTED, GUARDED } }, { "raw_tracepoint", { CONTEXT_ARRAY, GUARDED } },
	{ "socket", { CONTEXT_PACKET, 0 } }, { "xdp", { CONTEXT_PACKET, 0 } },
	{ "tc", { CONTEXT_PACKET, 0 } }, { "cgroup_skb", { CONTEXT_PACKET, 0 } },
	{ "sock_ops", { CONTEXT_PACKET, 0 } }, { "sk_msg", { CONTEXT_PACKET, 0 } },
	{ "sk_skb", { CONTEXT_PACKET, 0 } }, { "cgroup_sock", { CONTEXT_PACKET, 0 } },
	{ "cgroup_sock_addr", { CONTEXT_PACKET, 0 } }, { "cgroup_sockopt", { CONTEXT_PACKET, 0 } },
	{ "cgroup_device", { CONTEXT_PACKET, 0 } }, { "lwt_in", { CONTEXT_PACKET, 0 } },
	{ "lwt_out", { CONTEXT_PACKET, 0 } }, { "lwt_xmit", { CONTEXT_PACKET, 0 } },
	{ "tracepoint", { CONTEXT_OTHER, GUARDED } }, { "perf_event", { CONTEXT_OTHER, GUARDED } },
};

/* A text may say SEC("fentry/f") as with libbpf. */
static const struct { const char *section; struct traits traits; } sections[] = {
	{ "fentry", { CONTEXT_TRUSTED, GUARDED | NO_RESULT } }, { "fexit", { CONTEXT_TRUSTED, GUARDED | NO_RESULT } },
	{ "fmod_ret", { CONTEXT_TRUSTED, GUARDED } }, { "lsm", { CONTEXT_TRUSTED, 0 } },
	{ "iter", { CONTEXT_TRUSTED, 0 } }, { "tp_btf", { CONTEXT_TRUSTED, GUARDED } },
	{ "raw_tp", { CONTEXT_ARRAY, GUARDED } }, { "raw_tracepoint", { CONTEXT_ARRAY, GUARDED } },
	{ "xdp", { CONTEXT_PACKET, 0 } }, { "tc", { CONTEXT_PACKET, 0 } },
	{ "classifier", { CONTEXT_PACKET, 0 } }, { "socket", { CONTEXT_PACKET, 0 } },
	{ "cgroup", { CONTEXT_PACKET, 0 } }, { "sockops", { CONTEXT_PACKET, 0 } },
	{ "sk_msg", { CONTEXT_PACKET, 0 } }, { "sk_skb", { CONTEXT_PACKET, 0 } },
	{ "tp/", { CONTEXT_OTHER, GUARDED } },
	{ "tracepoint/", { CONTEXT_OTHER, GUARDED } }, { "perf_event", { CONTEXT_OTHER, GUARDED } },
	{ "kprobe", { CONTEXT_REGISTERS, GUARDED } }, { "kretprobe", { CONTEXT_REGISTERS, GUARDED } },
};

static const char *struct_name_of(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMStructTypeKind && LLVMGetStructName(type) ? LLVMGetStructName(type) : "";
}

/* Before any pass, an access to a context names its struct. Those of networking hold pointers that the verifier
 * knows. */
static bool is_network_context(const char *name)
{
	static const char *const structs[] = {
		"struct.xdp_md", "struct.__sk_buff", "struct.sk_msg_md", "struct.bpf_sock_ops", "struct.bpf_sock_addr",
		"struct.bpf_sock", "struct.sk_reuseport_md", "struct.bpf_sk_lookup", "struct.bpf_sockopt",
		"struct.bpf_cgroup_dev_ctx",
	};

	for (size_t i = 0; i < COUNT(structs); i++)
		if (!strcmp(name, structs[i]))
			return true;
	return false;
}

/* In the function or in what it calls, `depth` calls deep: a helper may be the one that looks into the context. */
static bool reads_packet_context(LLVMValueRef function, int depth)
{
	for (LLVMValueRef i = first_of_function(function); i; i = next_of_function(i)) {
		LLVMValueRef called = LLVMIsACallInst(i) ? LLVMIsAFunction(LLVMGetCalledValue(i)) : NULL;

		if (LLVMGetInstructionOpcode(i) == LLVMGetElementPtr &&
		    is_network_context(struct_name_of(LLVMGetGEPSourceElementType(i))))
			return true;
		if (called && depth && reads_packet_context(called, depth - 1))
			return true;
	}
	return false;
}

/* They are kept on the wrapper as an attribute, for the passes that come after the body's inlining: the context as a
 * letter, and 'g' if it is guarded. The result is the wrapper's own matter. */
static const char traits_attribute[] = "luatrace-program";

static bool kept_traits(LLVMValueRef function, struct traits *traits)
{
	LLVMAttributeRef kept = LLVMGetStringAttributeAtIndex(function, LLVMAttributeFunctionIndex, traits_attribute,
							      strlen(traits_attribute));
	const char *value;
	unsigned size;

	if (!kept)
		return false;
	value = LLVMGetStringAttributeValue(kept, &size);
	*traits = (struct traits){ value[0] - 'a', size > 1 ? GUARDED : 0 };
	return true;
}

static struct traits find_traits(const struct lowering *lowering, LLVMValueRef function)
{
	size_t length;
	const char *name = LLVMGetValueName2(function, &length), *section = LLVMGetSection(function);
	struct traits kept;

	if (kept_traits(function, &kept))
		return kept;
	for (const struct program_kind *kind = lowering->kinds; kind->function; kind++)
		if (!strcmp(kind->function, name))
			for (size_t i = 0; i < COUNT(kind_traits); i++)
				if (!strcmp(kind->kind, kind_traits[i].kind))
					return kind_traits[i].traits;
	for (size_t i = 0; section && i < COUNT(sections); i++)
		if (!strncmp(section, sections[i].section, strlen(sections[i].section)))
			return sections[i].traits;
	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (!strncmp(name, prefixes[i].prefix, strlen(prefixes[i].prefix)))
			return prefixes[i].traits;
	/* an unknown kind may be a uprobe */
	return (struct traits){ reads_packet_context(function, 4) ? CONTEXT_PACKET : CONTEXT_REGISTERS, 0 };
}

enum program_context program_context(const struct lowering *lowering, LLVMValueRef function)
{
	return find_traits(lowering, function).context;
}

bool is_guarded(const struct lowering *lowering, LLVMValueRef function)
{
	return is_program(function) && find_traits(lowering, function).flags & GUARDED;
}

static void keep_traits(struct lowering *lowering, LLVMValueRef function, struct traits traits)
{
	char value[3] = { (char)('a' + traits.context), traits.flags & GUARDED ? 'g' : 0, 0 };

	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				LLVMCreateStringAttribute(lowering->context, traits_attribute, strlen(traits_attribute),
							  value, strlen(value)));
}

static bool has_flag(LLVMValueRef function, const char *name)
{
	return LLVMGetEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex,
					   LLVMGetEnumAttributeKindForName(name, strlen(name)));
}

/* Byte offsets in struct pt_regs of the arguments of a function and of a system call, and of the register
 * that carries the inner pt_regs of a system call's entry function. */
#if defined(__x86_64__)
static const unsigned function_registers[] = { 112, 104, 96, 88, 72, 64 };
static const unsigned syscall_registers[] = { 112, 104, 96, 56, 72, 64 };
static const unsigned syscall32_registers[] = { 40, 88, 96, 104, 112, 32 };
#else
static const unsigned function_registers[] = { 0, 8, 16, 24, 32, 40, 48, 56 };
static const unsigned syscall_registers[] = { 272, 8, 16, 24, 32, 40 };
static const unsigned syscall32_registers[] = { 272, 8, 16, 24, 32, 40 };
#endif

/* A load through a pointer that provenance does not know becomes a probe read, as in any program. */
static LLVMValueRef load_word(LLVMBuilderRef builder, LLVMContextRef context, LLVMValueRef base, unsigned offset)
{
	LLVMTypeRef byte = LLVMInt8TypeInContext(context), word = LLVMInt64TypeInContext(context);
	LLVMValueRef index = LLVMConstInt(word, offset, 0), load;
	LLVMValueRef address = LLVMBuildGEP2(builder, byte, base, &index, 1, "");

	load = LLVMBuildLoad2(builder, word, address, "");
	LLVMSetAlignment(load, 8);
	return load;
}

static LLVMValueRef as_type(LLVMBuilderRef builder, LLVMValueRef word, LLVMTypeRef type)
{
	switch (LLVMGetTypeKind(type)) {
	case LLVMPointerTypeKind:
		return LLVMBuildIntToPtr(builder, word, type, "");
	case LLVMIntegerTypeKind:
		if (LLVMGetIntTypeWidth(type) < 64)
			return LLVMBuildTrunc(builder, word, type, "");
		return LLVMGetIntTypeWidth(type) == 64 ? word : NULL;
	default:
		return NULL;
	}
}

/* A struct of more than 16 bytes: the parameter is its address for BPF, and nothing of the kind for the kernel. */
static bool is_in_memory(LLVMValueRef function, unsigned parameter)
{
	static const char name[] = "byval";

	return LLVMGetEnumAttributeAtIndex(function, parameter + 1, LLVMGetEnumAttributeKindForName(name, strlen(name)));
}

static bool build_arguments(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef wrapper, LLVMValueRef body,
			    enum program_context kind, LLVMValueRef *arguments, unsigned count)
{
	bool syscall = kind == CONTEXT_SYSCALL || kind == CONTEXT_SYSCALL32;
	const unsigned *registers = kind == CONTEXT_SYSCALL ? syscall_registers :
				    kind == CONTEXT_SYSCALL32 ? syscall32_registers : function_registers;
	unsigned most = syscall ? COUNT(syscall_registers) : COUNT(function_registers);
	LLVMValueRef context = LLVMGetParam(wrapper, 0), base = context;
	size_t length;
	const char *name = LLVMGetValueName2(wrapper, &length);

	if (count && LLVMGetTypeKind(LLVMTypeOf(LLVMGetParam(body, 0))) != LLVMPointerTypeKind) {
		fprintf(stderr, "program.c:%u: error: function '%s' is not static, so it is a program, but its first "
			"parameter is no context; make it static\n", LLVMGetDebugLocLine(body), name);
		return false;
	}
	if (kind == CONTEXT_TRUSTED || kind == CONTEXT_ARRAY)
		most = 12;
	if (kind == CONTEXT_OTHER || kind == CONTEXT_PACKET)
		most = 0;
	if (count > most + 1) {
		fprintf(stderr, "program.c:%u: error: program '%s' has %u arguments after its context; %u is the most this "
			"kind has\n", LLVMGetDebugLocLine(body), name, count - 1, most);
		return false;
	}
	if (syscall)
		base = LLVMBuildIntToPtr(builder, load_word(builder, lowering->context, context, function_registers[0]),
					 LLVMPointerTypeInContext(lowering->context, 0), "");
	if (count)
		arguments[0] = context;
	for (unsigned i = 1; i < count; i++) {
		unsigned offset = kind == CONTEXT_TRUSTED || kind == CONTEXT_ARRAY ? 8 * (i - 1) : registers[i - 1];

		if (is_in_memory(body, i)) {
			fprintf(stderr, "program.c:%u: error: program '%s': argument %u is a struct that is passed in memory, not in a "
				"register; take the context alone and read it from the stack\n", LLVMGetDebugLocLine(body), name, i);
			return false;
		}
		arguments[i] = as_type(builder, load_word(builder, lowering->context, base, offset),
				       LLVMTypeOf(LLVMGetParam(body, i)));
		if (!arguments[i]) {
			fprintf(stderr, "program.c:%u: error: program '%s': argument %u is neither an integer nor a pointer; "
				"take the context alone and read it from there\n", LLVMGetDebugLocLine(body), name, i);
			return false;
		}
	}
	return true;
}

/* A result of bool or an unsigned type that is narrower than int. */
static bool is_zero_extended(LLVMValueRef function)
{
	static const char name[] = "zeroext";

	return LLVMGetEnumAttributeAtIndex(function, LLVMAttributeReturnIndex,
					   LLVMGetEnumAttributeKindForName(name, strlen(name)));
}

static void wrap(struct lowering *lowering, LLVMValueRef body)
{
	struct traits traits = find_traits(lowering, body);
	unsigned count = LLVMCountParams(body);
	LLVMTypeRef pointer = LLVMPointerTypeInContext(lowering->context, 0);
	LLVMTypeRef number = LLVMInt32TypeInContext(lowering->context), result;
	LLVMTypeRef body_type = LLVMGlobalGetValueType(body);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);
	LLVMMetadataRef subprogram = LLVMGetSubprogram(body);
	LLVMValueRef wrapper, value, arguments[64];
	char *name = copy_string(LLVMGetValueName(body), strlen(LLVMGetValueName(body)));
	char section[300];

	if (count > COUNT(arguments))
		die("program '%s' has too many arguments", name);
	snprintf(section, sizeof(section), "%s.body", name);
	LLVMSetValueName2(body, section, strlen(section));
	wrapper = LLVMAddFunction(lowering->module, name, LLVMFunctionType(number, &pointer, 1, 0));
	snprintf(section, sizeof(section), "lt/%s", name);
	LLVMSetSection(wrapper, LLVMGetSection(body) ? LLVMGetSection(body) : section);
	LLVMSetSection(body, "");
	keep_traits(lowering, wrapper, traits);
	set_flag(lowering, wrapper, "nounwind");
	/* DIBuilder can't add to clang's compile unit, so the debug info of the body moves */
	LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(lowering->context, wrapper, ""));
	if (!build_arguments(lowering, builder, wrapper, body, traits.context, arguments, count)) {
		lowering->failed = true;
		count = 0;
	}
	LLVMSetSubprogram(body, NULL);
	LLVMSetSubprogram(wrapper, subprogram);
	if (count == LLVMCountParams(body)) {
		value = LLVMBuildCall2(builder, body_type, body, arguments, count, "");
		result = LLVMTypeOf(value);
		if (LLVMGetTypeKind(result) == LLVMIntegerTypeKind && !(traits.flags & NO_RESULT))
			value = LLVMBuildIntCast2(builder, value, number, !is_zero_extended(body), "");
		else
			value = LLVMConstInt(number, 0, 0);
		LLVMBuildRet(builder, value);
	} else {
		LLVMBuildRet(builder, LLVMConstInt(number, 0, 0));
	}
	LLVMSetLinkage(body, LLVMInternalLinkage);
	LLVMDisposeBuilder(builder);
	free(name);
}

/* SEC() says `used`, which would keep the body as a function of its own once it is part of its program. */
static void forget_used_functions(struct lowering *lowering)
{
	static const char name[] = "llvm.compiler.used";
	LLVMValueRef list = LLVMGetNamedGlobal(lowering->module, name), all = list ? LLVMGetInitializer(list) : NULL;
	unsigned count = all ? LLVMGetNumOperands(all) : 0, kept = 0;
	LLVMTypeRef pointer = LLVMPointerTypeInContext(lowering->context, 0);
	LLVMValueRef *globals = allocate(count * sizeof(*globals)), array, shorter;

	for (unsigned i = 0; i < count; i++)
		if (!LLVMIsAFunction(LLVMGetOperand(all, i)))
			globals[kept++] = LLVMGetOperand(all, i);
	if (kept < count)
		LLVMDeleteGlobal(list);
	if (kept && kept < count) {
#if LLVM_VERSION_MAJOR >= 17
		array = LLVMConstArray2(pointer, globals, kept);
#else
		array = LLVMConstArray(pointer, globals, kept);
#endif
		shorter = LLVMAddGlobal(lowering->module, LLVMTypeOf(array), name);
		LLVMSetInitializer(shorter, array);
		LLVMSetLinkage(shorter, LLVMAppendingLinkage);
		LLVMSetSection(shorter, "llvm.metadata");
	}
	free(globals);
}

/* Everything that is not a program or said to stay a function goes into its callers, as the dialect promises. */
static void inline_helpers(struct lowering *lowering)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f)) {
		/* `inline` without `static` is available_externally: nobody else has it */
		if (LLVMGetLinkage(f) == LLVMAvailableExternallyLinkage)
			LLVMSetLinkage(f, LLVMInternalLinkage);
		if (LLVMIsDeclaration(f) || LLVMGetLinkage(f) != LLVMInternalLinkage || has_flag(f, "noinline"))
			continue;
		set_flag(lowering, f, "alwaysinline");
	}
}

void wrap_programs(struct lowering *lowering)
{
	LLVMValueRef programs[1024];
	unsigned count = 0;

	forget_used_functions(lowering);
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f)) {
		if (!is_program(f) || has_flag(f, "noinline"))
			continue;
		if (count >= COUNT(programs))
			die("the text has more than %u programs", count);
		programs[count++] = f;
	}
	for (unsigned i = 0; i < count; i++)
		wrap(lowering, programs[i]);
	inline_helpers(lowering);
}
