/* SPDX-License-Identifier: MIT
 *
 * Accesses that the optimiser must leave as they are. The verifier wants each access to a context, and to a kernel
 * object, at a constant offset of it, and no instruction that is one for the context here and one for a map's value
 * there. LLVM makes `if (c) x = ctx->a; else x = ctx->b;` one load of an address that depends. So while it optimises
 * such loads and stores are calls of functions whose names are the kind, the size and the offset, and which have no
 * body.
 */
#include "lower.h"
#include <llvm-c/DebugInfo.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char load_prefix[] = "__lt_pinned_load_", store_prefix[] = "__lt_pinned_store_";

/* Of what one instruction loads. */
static const char *type_name(LLVMTypeRef type)
{
	if (LLVMGetTypeKind(type) == LLVMPointerTypeKind)
		return "p";
	if (LLVMGetTypeKind(type) != LLVMIntegerTypeKind)
		return NULL;
	switch (LLVMGetIntTypeWidth(type)) {
	case 8: return "i8";
	case 16: return "i16";
	case 32: return "i32";
	case 64: return "i64";
	default: return NULL;
	}
}

static void set_memory(struct lowering *lowering, LLVMValueRef function, bool stores, bool is_volatile)
{
	static const char name[] = "memory";
	enum { ARGUMENTS_READ = 1, ARGUMENTS_WRITTEN = 2 };
	unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));

	/* without it, the call may do anything: none is left out, merged with another or moved past one */
	if (!is_volatile)
		LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
					LLVMCreateEnumAttribute(lowering->context, kind,
								stores ? ARGUMENTS_WRITTEN : ARGUMENTS_READ));
	set_flag(lowering, function, "nounwind");
	set_flag(lowering, function, "willreturn");
	set_flag(lowering, function, "nocallback");
}

struct pinned {
	bool is_object, stores, is_volatile;
};

static LLVMValueRef declare(struct lowering *lowering, LLVMTypeRef type, struct pinned how, int64_t offset)
{
	LLVMTypeRef pointer = LLVMPointerTypeInContext(lowering->context, 0), parameters[2] = { pointer, type };
	LLVMTypeRef nothing = LLVMVoidTypeInContext(lowering->context);
	char name[80];
	LLVMValueRef function;

	snprintf(name, sizeof(name), "%s%c%c_%s_%" PRId64, how.stores ? store_prefix : load_prefix, how.is_object ? 'o' : 'c',
		 how.is_volatile ? 'v' : 'n', type_name(type), offset);
	function = LLVMGetNamedFunction(lowering->module, name);
	if (function)
		return function;
	function = LLVMAddFunction(lowering->module, name, how.stores ? LLVMFunctionType(nothing, parameters, 2, 0) :
									    LLVMFunctionType(type, parameters, 1, 0));
	set_memory(lowering, function, how.stores, how.is_volatile);
	return function;
}

LLVMValueRef pin_access(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef access, LLVMValueRef base,
			int64_t offset, bool is_object)
{
	bool stores = LLVMIsAStoreInst(access);
	bool is_volatile = LLVMGetVolatile(access) || LLVMGetOrdering(access) != LLVMAtomicOrderingNotAtomic;
	LLVMValueRef arguments[2] = { base, stores ? LLVMGetOperand(access, 0) : NULL }, function, call;
	LLVMTypeRef type = LLVMTypeOf(stores ? arguments[1] : access);

	if (!type_name(type) ||
	    LLVMGetAlignment(access) < LLVMStoreSizeOfType(LLVMGetModuleDataLayout(lowering->module), type))
		return NULL;
	function = declare(lowering, type, (struct pinned){ is_object, stores, is_volatile }, offset);
	LLVMPositionBuilderBefore(builder, access);
	call = LLVMBuildCall2(builder, LLVMGlobalGetValueType(function), function, arguments, stores ? 2 : 1, "");
	LLVMInstructionSetDebugLoc(call, LLVMInstructionGetDebugLoc(access));
	if (!stores)
		LLVMReplaceAllUsesWith(access, call);
	LLVMInstructionEraseFromParent(access);
	return call;
}

/* Of one of a call's arguments, as clang tells it. */
static unsigned argument_alignment(LLVMValueRef call, unsigned argument)
{
	static const char name[] = "align";
	LLVMAttributeRef attribute = LLVMGetCallSiteEnumAttribute(call, argument + 1,
								  LLVMGetEnumAttributeKindForName(name, strlen(name)));

	return attribute ? LLVMGetEnumAttributeValue(attribute) : 1;
}

/* `at` is a multiple of it, and so is its address if the whole is at a multiple of `alignment`. */
static unsigned largest_word(unsigned alignment, uint64_t at, uint64_t room)
{
	unsigned word = alignment > 8 ? 8 : alignment;

	while (word > room || at % word)
		word /= 2;
	return word;
}

/* Of a copy: what it takes from `at`, as wide as both sides allow. */
static LLVMValueRef load_word(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef call, LLVMValueRef base,
			      int64_t offset, uint64_t at)
{
	uint64_t left = LLVMConstIntGetZExtValue(LLVMGetOperand(call, 2)) - at;
	unsigned from = largest_word(argument_alignment(call, 1), offset + at, left);
	unsigned to = largest_word(argument_alignment(call, 0), at, left);
	LLVMTypeRef type = LLVMIntTypeInContext(lowering->context, 8 * (from < to ? from : to));
	LLVMValueRef function = declare(lowering, type, (struct pinned){ false, false, false }, offset + at);
	LLVMValueRef value = LLVMBuildCall2(builder, LLVMGlobalGetValueType(function), function, &base, 1, "");

	LLVMInstructionSetDebugLoc(value, LLVMInstructionGetDebugLoc(call));
	return value;
}

static void store_word(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef call, LLVMValueRef word,
		       uint64_t at)
{
	LLVMTypeRef byte = LLVMInt8TypeInContext(lowering->context);
	LLVMValueRef index = LLVMConstInt(LLVMInt64TypeInContext(lowering->context), at, 0);
	LLVMValueRef to = LLVMBuildInBoundsGEP2(builder, byte, LLVMGetOperand(call, 0), &index, 1, "");
	LLVMValueRef store = LLVMBuildStore(builder, word, to);

	LLVMInstructionSetDebugLoc(store, LLVMInstructionGetDebugLoc(call));
	LLVMSetAlignment(store, LLVMGetIntTypeWidth(LLVMTypeOf(word)) / 8);
}

bool pin_copy(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef call, LLVMValueRef base, int64_t offset)
{
	enum { MOST = 256 };	/* pt_regs; LLVM writes out no larger copies either */
	LLVMValueRef length = LLVMGetOperand(call, 2), words[MOST];
	uint64_t size = LLVMIsAConstantInt(length) ? LLVMConstIntGetZExtValue(length) : MOST + 1;
	bool may_overlap = name_starts(LLVMGetCalledValue(call), "llvm.memmove");
	unsigned count = 0;

	if (size > MOST)
		return false;
	LLVMPositionBuilderBefore(builder, call);
	/* word by word, lest all of them wait for a register; but what may overlap is read before it is written */
	for (uint64_t at = 0, next; at < size; at = next) {
		words[count++] = load_word(lowering, builder, call, base, offset, at);
		next = at + LLVMGetIntTypeWidth(LLVMTypeOf(words[count - 1])) / 8;
		if (!may_overlap)
			store_word(lowering, builder, call, words[count - 1], at);
	}
	for (uint64_t n = 0, at = 0; may_overlap && n < count; at += LLVMGetIntTypeWidth(LLVMTypeOf(words[n++])) / 8)
		store_word(lowering, builder, call, words[n], at);
	LLVMInstructionEraseFromParent(call);
	return true;
}

/* Volatile, lest code generation reads less of it: half a pointer is none. Of what is narrow it would also forget that
 * the load has extended it. */
static void unpin(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef call, int64_t offset, bool stores)
{
	LLVMTypeRef byte = LLVMInt8TypeInContext(lowering->context), word = LLVMInt64TypeInContext(lowering->context);
	LLVMTypeRef type = LLVMTypeOf(stores ? LLVMGetOperand(call, 1) : call);
	unsigned size = LLVMStoreSizeOfType(LLVMGetModuleDataLayout(lowering->module), type);
	LLVMValueRef index = LLVMConstInt(word, offset, 1), address = LLVMGetOperand(call, 0), access;

	LLVMPositionBuilderBefore(builder, call);
	if (offset)
		address = LLVMBuildInBoundsGEP2(builder, byte, address, &index, 1, "");
	access = stores ? LLVMBuildStore(builder, LLVMGetOperand(call, 1), address) :
			  LLVMBuildLoad2(builder, type, address, "");
	LLVMSetAlignment(access, size);
	LLVMSetVolatile(access, size >= 4);
	LLVMInstructionSetDebugLoc(access, LLVMInstructionGetDebugLoc(call));
	if (!stores)
		LLVMReplaceAllUsesWith(call, access);
	LLVMInstructionEraseFromParent(call);
}

void unpin_accesses(struct lowering *lowering)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);

	for (LLVMValueRef next, f = LLVMGetFirstFunction(lowering->module); f; f = next) {
		bool loads = name_starts(f, load_prefix), stores = name_starts(f, store_prefix);
		LLVMUseRef use;

		next = LLVMGetNextFunction(f);
		if (!loads && !stores)
			continue;
		while ((use = LLVMGetFirstUse(f)))
			unpin(lowering, builder, LLVMGetUser(use), strtoll(strrchr(LLVMGetValueName(f), '_') + 1, NULL, 10), stores);
		LLVMDeleteFunction(f);
	}
	LLVMDisposeBuilder(builder);
}
