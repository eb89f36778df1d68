/* SPDX-License-Identifier: MIT
 *
 * Which pointers a program may dereference itself.
 *
 * Its own memory is the stack, globals, the context, map values, ring buffer reservations and packet data. What else
 * the verifier knows are kernel objects: arguments of programs on trampolines and iterators, and what some helpers
 * return. It follows their members by the kernel's types, at constant offsets within the struct, and what is no
 * pointer to a struct there is a number to it (`void *`, a pointer to pointers, another member of a union). So does
 * this, whatever the text casts to. Everything else (an argument register, a pointer read from memory, a number) is
 * taken for a kernel address. Mistaking a pointer for such is harmless for loads; the other way round the verifier
 * refuses. So a wrong guess never is a silent wrong read.
 *
 * The analysis is optimistic: all values start as unseen and fall by what they are made of, until nothing changes.
 */
#include "provenance.h"
#include <string.h>

/* What was looked for by a name: a type of LLVM's, a function, a string. */
struct named {
	const void *key;
	enum kernel_argument kind;
	uint32_t id;
};

static const struct origin unseen = { UNSEEN, 0, 0 }, own = { OWN, 0, 0 }, number = { NUMBER, 0, 0 };
static const struct origin some_object = { OBJECT, 0, 0 };

/* A value only falls, so this ends. */
static void put(struct provenance *p, LLVMValueRef value, struct origin origin)
{
	struct origin before = origins_get(&p->origins, value);

	origin = origin_of_either(before, origin);
	if (origin_is_same(before, origin))
		return;
	p->changed = true;
	origins_set(&p->origins, value, origin);
}

struct origin provenance_of(const struct provenance *p, LLVMValueRef value)
{
	if (!LLVMIsConstant(value))
		return origins_get(&p->origins, value);
	/* the number 0 is no pointer: a loop's counter from 0 would look like memory */
	if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMIntegerTypeKind && LLVMIsAConstantInt(value))
		return number;
	if (LLVMIsAGlobalValue(value))
		return own;
	if (LLVMIsNull(value) || LLVMIsUndef(value))
		return unseen;
	if (LLVMIsAConstantExpr(value) && LLVMGetNumOperands(value))
		return provenance_of(p, LLVMGetOperand(value, 0));
	return number;
}

static struct origin moved(struct origin origin, int64_t by)
{
	enum { MOST = 1 << 28 };

	if (by < -MOST || by > MOST || origin.offset < -MOST || origin.offset > MOST)
		return number;
	origin.offset += by;
	return origin;
}

/* At an offset that is not known. The verifier wants to know it, but in memory of the program's own. */
static struct origin somewhere_in(struct origin origin)
{
	return origin.kind == CONTEXT ? own : origin.kind == OBJECT ? number : origin;
}

/* A number added to a pointer gives a pointer there; a sum of numbers is none. */
static struct origin sum(const struct provenance *p, LLVMValueRef i)
{
	LLVMValueRef left = LLVMGetOperand(i, 0), right = LLVMGetOperand(i, 1);
	struct origin a = provenance_of(p, left), b = provenance_of(p, right);
	bool subtracts = LLVMGetInstructionOpcode(i) == LLVMSub;

	if (a.kind == OWN || b.kind == OWN)
		return own;
	if (LLVMIsAConstantInt(right) && (a.kind == OBJECT || a.kind == CONTEXT))
		return moved(a, subtracts ? -LLVMConstIntGetSExtValue(right) : LLVMConstIntGetSExtValue(right));
	if (LLVMIsAConstantInt(left) && !subtracts && (b.kind == OBJECT || b.kind == CONTEXT))
		return moved(b, LLVMConstIntGetSExtValue(left));
	if (a.kind == CONTEXT || b.kind == CONTEXT)
		return own;
	if (a.kind == OBJECT || b.kind == OBJECT)
		return number;
	return a.kind == UNSEEN || b.kind == UNSEEN ? unseen : number;
}

static bool constant_offset(const struct provenance *p, LLVMValueRef gep, int64_t *offset)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);

	*offset = 0;
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(gep); i++) {
		LLVMValueRef index = LLVMGetOperand(gep, i);
		int64_t at = LLVMIsAConstantInt(index) ? LLVMConstIntGetSExtValue(index) : 0;

		if (!LLVMIsAConstantInt(index))
			return false;
		if (i > 1 && LLVMGetTypeKind(type) == LLVMStructTypeKind) {
			*offset += LLVMOffsetOfElement(p->layout, type, at);
			type = LLVMStructGetTypeAtIndex(type, at);
			continue;
		}
		if (i > 1)
			type = LLVMGetElementType(type);
		*offset = (uint64_t)*offset + (uint64_t)at * LLVMABISizeOfType(p->layout, type);
	}
	return true;
}

/* What is new the caller fills in. */
static struct named *find_named(struct provenance *p, const void *key, bool *is_new)
{
	*is_new = false;
	for (uint32_t i = 0; i < p->named_count; i++)
		if (p->named[i].key == key)
			return &p->named[i];
	*is_new = true;
	p->named = reallocate(p->named, (p->named_count + 1) * sizeof(*p->named));
	p->named[p->named_count] = (struct named){ key, ARGUMENT_UNKNOWN, 0 };
	return &p->named[p->named_count++];
}

/* The kernel's struct of the tag that clang gave an access's type: "struct.sock", and "struct.sock.3" for another. */
static uint32_t struct_of(struct provenance *p, LLVMTypeRef type)
{
	const char *name = LLVMGetTypeKind(type) == LLVMStructTypeKind ? LLVMGetStructName(type) : NULL;
	const char *tag = name ? strchr(name, '.') : NULL;
	struct named *named;
	bool is_new;
	char *copy;

	if (!tag)
		return 0;
	named = find_named(p, type, &is_new);
	if (is_new) {
		copy = copy_string(tag + 1, strcspn(tag + 1, "."));
		named->id = kernel_type(p->lowering, strncmp(name, "union.", 6) ? BTF_KIND_STRUCT : BTF_KIND_UNION, copy);
		free(copy);
	}
	return named->id;
}

/* At an offset in what `pointer` points to, which is accessed as `type`. */
static struct origin within(struct provenance *p, LLVMValueRef pointer, LLVMTypeRef type, int64_t offset)
{
	struct origin base = provenance_of(p, pointer);

	if (base.kind == OBJECT && !base.id) {
		base.id = struct_of(p, type);
		return base.id ? moved(base, offset) : base;
	}
	return moved(base, offset);
}

static bool is_followed(struct origin origin)
{
	return origin.kind == OBJECT || origin.kind == CONTEXT;
}

static struct origin element(struct provenance *p, LLVMValueRef gep)
{
	struct origin base = provenance_of(p, LLVMGetOperand(gep, 0));
	int64_t offset;

	if (!is_followed(base))
		return base;
	if (!constant_offset(p, gep, &offset))
		return somewhere_in(base);
	return within(p, LLVMGetOperand(gep, 0), LLVMGetGEPSourceElementType(gep), offset);
}

/* Whether it is laid out as the kernel that is compiled for has it. A struct of a text's own, for members that are
 * found by their names alone, need not be. */
static bool is_laid_out(struct provenance *p, LLVMTypeRef type)
{
	uint32_t id = LLVMGetTypeKind(type) == LLVMStructTypeKind ? struct_of(p, type) : 0;

	return p->lowering->portable && (!id || btf_size(p->lowering->btf, id) == LLVMABISizeOfType(p->layout, type));
}

/* A member of a struct with preserve_access_index, whose place in the kernel's is found when the program loads. */
static struct origin relocated(struct provenance *p, LLVMValueRef call, LLVMValueRef callee)
{
	LLVMValueRef pointer = LLVMGetOperand(call, 0), index;
	struct origin base = provenance_of(p, pointer);
	LLVMTypeRef type = accessed_element(call);

	if (!is_followed(base))
		return base;
	if (name_starts(callee, "llvm.preserve.union.access.index") && p->lowering->portable)
		return base;
	index = LLVMGetOperand(call, name_starts(callee, "llvm.preserve.array.access.index") ? 2 : 1);
	if (!type || !LLVMIsAConstantInt(index) || !is_laid_out(p, type))
		return some_object;
	if (LLVMGetTypeKind(type) == LLVMStructTypeKind)
		return within(p, pointer, type, LLVMOffsetOfElement(p->layout, type, LLVMConstIntGetZExtValue(index)));
	if (LLVMGetTypeKind(type) == LLVMArrayTypeKind)
		type = LLVMGetElementType(type);
	return within(p, pointer, type, LLVMConstIntGetZExtValue(index) * LLVMABISizeOfType(p->layout, type));
}

static struct origin argument(enum kernel_argument argument, uint32_t id)
{
	switch (argument) {
	case ARGUMENT_UNKNOWN: return some_object;
	case ARGUMENT_OBJECT: return (struct origin){ OBJECT, id, 0 };
	case ARGUMENT_MEMORY: return own;
	default: return number;
	}
}

/* A function that stays one is verified with what it is given: what it returns is what it has. */
static struct origin returned(const struct provenance *p, LLVMValueRef function)
{
	struct origin all = unseen;

	for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block; block = LLVMGetNextBasicBlock(block)) {
		LLVMValueRef last = LLVMGetBasicBlockTerminator(block);

		if (last && LLVMIsAReturnInst(last) && LLVMGetNumOperands(last))
			all = origin_of_either(all, provenance_of(p, LLVMGetOperand(last, 0)));
	}
	return LLVMGetLinkage(function) == LLVMExternalLinkage ? number : all;
}

/* A kernel function, which is declared with __ksym. */
static struct origin kernel_returns(struct provenance *p, LLVMValueRef function)
{
	struct named *named;
	bool is_new;

	if (!LLVMGetSection(function) || !*LLVMGetSection(function))
		return number;
	named = find_named(p, function, &is_new);
	if (is_new)
		named->kind = kernel_result(p->lowering, LLVMGetValueName(function), &named->id);
	return argument(named->kind, named->id);
}

static struct origin helper_returns(struct provenance *p, unsigned long long helper)
{
	const char *tag = helper_returns_object(helper);
	struct named *named;
	bool is_new;

	if (!tag)
		return helper_returns_memory(helper) ? own : number;
	named = find_named(p, tag, &is_new);
	if (is_new)
		named->id = kernel_type(p->lowering, BTF_KIND_STRUCT, tag);
	return (struct origin){ OBJECT, named->id, 0 };
}

static struct origin result(struct provenance *p, LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);

	/* lookup_or_init's hidden return: its only operand comes out as it went in */
	if (LLVMIsAInlineAsm(callee))
		return LLVMGetNumArgOperands(call) == 1 ? provenance_of(p, LLVMGetOperand(call, 0)) : number;
	if (called_helper(call))
		return helper_returns(p, called_helper(call));
	if (name_starts(callee, "llvm.preserve."))
		return relocated(p, call, callee);
	if (!LLVMIsAFunction(callee) || LLVMGetIntrinsicID(callee))
		return number;
	return LLVMIsDeclaration(callee) ? kernel_returns(p, callee) : returned(p, callee);
}

/* Packet data and its end, loaded from the context. */
static bool is_packet(const struct provenance *p, LLVMValueRef load)
{
	LLVMValueRef base = LLVMGetOperand(load, 0);

	for (int i = 0; i < 64 && LLVMIsAInstruction(base) && LLVMGetInstructionOpcode(base) == LLVMGetElementPtr; i++)
		base = LLVMGetOperand(base, 0);
	return p->context == CONTEXT_PACKET && LLVMIsAArgument(base);
}

/* Code generation puts together of bytes what is not aligned: a number, if the verifier allows it at all. */
static struct kernel_step step(const struct provenance *p, LLVMValueRef load, struct origin base)
{
	uint64_t size = LLVMStoreSizeOfType(p->layout, LLVMTypeOf(load));

	if (size > 8 || (size & (size - 1)) || LLVMGetAlignment(load) < size)
		return (struct kernel_step){ false, 0 };
	return kernel_step(p->lowering->btf, base.id, base.offset, size);
}

static bool is_made_a_pointer(LLVMValueRef load)
{
	bool is = LLVMGetTypeKind(LLVMTypeOf(load)) == LLVMPointerTypeKind;

	for (LLVMUseRef use = LLVMGetFirstUse(load); use && !is; use = LLVMGetNextUse(use))
		is = LLVMIsAIntToPtrInst(LLVMGetUser(use));
	return is;
}

static struct origin loaded(const struct provenance *p, LLVMValueRef load)
{
	struct origin base = provenance_of(p, LLVMGetOperand(load, 0));
	bool is_word = LLVMGetAlignment(load) >= 8 && LLVMStoreSizeOfType(p->layout, LLVMTypeOf(load)) == 8;
	struct kernel_step to;
	uint32_t id = 0;

	if (is_packet(p, load))
		return own;
	if (base.kind == UNSEEN)
		return unseen;
	if (base.kind == CONTEXT && base.id && is_word) {
		enum kernel_argument kind = kernel_argument(p->lowering->btf, &p->contexts[base.id], base.offset,
							    &id);

		return kind == ARGUMENT_UNKNOWN && !is_made_a_pointer(load) ? number : argument(kind, id);
	}
	if (base.kind != OBJECT)
		return number;
	if (!base.id)
		return is_word && LLVMGetTypeKind(LLVMTypeOf(load)) == LLVMPointerTypeKind ? some_object : number;
	to = step(p, load, base);
	return to.allowed && to.leads_to ? (struct origin){ OBJECT, to.leads_to, 0 } : number;
}

static struct origin meeting(const struct provenance *p, LLVMValueRef phi)
{
	struct origin all = unseen;

	for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
		all = origin_of_either(all, provenance_of(p, LLVMGetIncomingValue(phi, i)));
	return all;
}

static struct origin made(struct provenance *p, LLVMValueRef i)
{
	switch (LLVMGetInstructionOpcode(i)) {
	case LLVMAlloca:
		return own;
	case LLVMGetElementPtr:
		return element(p, i);
	case LLVMBitCast:
	case LLVMAddrSpaceCast:
	case LLVMIntToPtr:
	case LLVMPtrToInt:
	case LLVMFreeze:
	case LLVMZExt:
		return provenance_of(p, LLVMGetOperand(i, 0));
	case LLVMExtractValue:
		return somewhere_in(provenance_of(p, LLVMGetOperand(i, 0)));
	case LLVMAdd:
	case LLVMSub:
		return sum(p, i);
	case LLVMSelect:
		return origin_of_either(provenance_of(p, LLVMGetOperand(i, 1)), provenance_of(p, LLVMGetOperand(i, 2)));
	case LLVMPHI:
		return meeting(p, i);
	case LLVMCall:
		return result(p, i);
	case LLVMLoad:
		return loaded(p, i);
	default: /* bits taken from a pointer are a number to the verifier */
		return number;
	}
}

/* All that a program is given but its context is numbers. */
static void put_parameters(struct provenance *p, LLVMValueRef program)
{
	struct origin context = { CONTEXT, 0, 0 };

	for (unsigned i = 1; i < LLVMCountParams(program); i++)
		put(p, LLVMGetParam(program, i), number);
	if (!LLVMCountParams(program))
		return;
	if (program_context(p->lowering, program) == CONTEXT_TRUSTED) {
		p->contexts = reallocate(p->contexts, (p->context_count + 1) * sizeof(*p->contexts));
		kernel_context_name(p->lowering, program, &p->contexts[p->context_count]);
		context.id = p->context_count++;
	}
	put(p, LLVMGetParam(program, 0), context);
}

/* What callers give a function of its own (noinline), its parameter may be. */
static void put_arguments(struct provenance *p, LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);
	unsigned count = LLVMIsAFunction(callee) && !LLVMIsDeclaration(callee) ? LLVMCountParams(callee) : 0;

	for (unsigned i = 0; i < count && i < LLVMGetNumArgOperands(call); i++)
		put(p, LLVMGetParam(callee, i), provenance_of(p, LLVMGetOperand(call, i)));
}

void provenance_enter(struct provenance *p, LLVMValueRef function)
{
	p->function = function;
	p->context = program_context(p->lowering, function);
}

void provenance_find(struct provenance *p, struct lowering *lowering)
{
	LLVMValueRef first = LLVMGetFirstFunction(lowering->module);

	*p = (struct provenance){ .lowering = lowering, .layout = LLVMGetModuleDataLayout(lowering->module) };
	p->contexts = allocate_zeroed(1, sizeof(*p->contexts));
	p->context_count = 1;
	for (LLVMValueRef f = first; f; f = LLVMGetNextFunction(f))
		if (is_program(f))
			put_parameters(p, f);
	kernel_contexts_find(lowering, p->contexts, p->context_count);
	do {
		p->changed = false;
		for (LLVMValueRef f = first; f; f = LLVMGetNextFunction(f)) {
			provenance_enter(p, f);
			for (LLVMValueRef i = first_of_function(f); i; i = next_of_function(i)) {
				put(p, i, made(p, i));
				if (LLVMGetInstructionOpcode(i) == LLVMCall)
					put_arguments(p, i);
			}
		}
	} while (p->changed);
}

void provenance_release(struct provenance *p)
{
	origins_free(&p->origins);
	free(p->contexts);
	free(p->named);
}

void provenance_is(struct provenance *p, LLVMValueRef value, struct origin origin)
{
	origins_set(&p->origins, value, origin);
}

bool may_load(struct provenance *p, LLVMValueRef load)
{
	struct origin base = provenance_of(p, LLVMGetOperand(load, 0));

	return base.kind == OBJECT && base.id ? step(p, load, base).allowed : base.kind != NUMBER;
}

bool is_at_fixed_offset(struct provenance *p, LLVMValueRef pointer, LLVMValueRef *base, int64_t *offset)
{
	enum origin_kind kind = provenance_of(p, pointer).kind;
	int64_t more;

	*offset = 0;
	for (*base = pointer; LLVMIsAGetElementPtrInst(*base); *base = LLVMGetOperand(*base, 0)) {
		if (!constant_offset(p, *base, &more))
			return false;
		*offset += more;
	}
	return kind == CONTEXT || kind == OBJECT;
}

/* The verifier lets a kernel object be read member by member; LLVM copies by the word. */
bool may_copy_from(struct provenance *p, LLVMValueRef pointer)
{
	struct origin origin = provenance_of(p, pointer);

	return origin.kind <= OWN && !origin.id;
}

bool may_store_to(struct provenance *p, LLVMValueRef pointer)
{
	struct origin origin = provenance_of(p, pointer);

	return origin.kind != NUMBER && !(origin.kind == OBJECT && origin.id);
}
