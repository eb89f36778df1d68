/* SPDX-License-Identifier: MIT
 *
 * What bpf/dialect/ leaves for the compiler: counting calls, the types of submitted records, and map names.
 */
#include "lower.h"
#include <llvm-c/DebugInfo.h>
#include <stdio.h>
#include <string.h>

static bool calls(LLVMValueRef function, const char *name)
{
	for (LLVMValueRef i = first_of_function(function); i; i = next_of_function(i))
		if (LLVMGetInstructionOpcode(i) == LLVMCall && name_starts(LLVMGetCalledValue(i), name))
			return true;
	return false;
}

static const char takes[] = "increment takes a key and, if it is not 1, a number to add";
static const char counts[] = "increment counts in integers; this map's leaf is none: look it up and change its member";

/* increment(key[, n]): the variadic `__lt_any_VERB_NAME` has no body; `__lt_VERB_NAME(key, n)` has. */
static void resolve_counting(struct lowering *lowering, LLVMValueRef call, const char *any_name)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);
	LLVMTypeRef word = LLVMInt64TypeInContext(lowering->context);
	unsigned given = LLVMGetNumArgOperands(call), wanted;
	LLVMValueRef target, arguments[8];
	LLVMTypeRef type;
	char name[300];

	snprintf(name, sizeof(name), "__lt_%s", any_name + strlen("__lt_any_"));
	target = LLVMGetNamedFunction(lowering->module, name);
	type = target ? LLVMGlobalGetValueType(target) : NULL;
	wanted = target ? LLVMCountParams(target) : 0;
	if (!target || wanted > 8 || given + 1 < wanted || given > wanted) {
		lowering_error(lowering, call, takes);
		return;
	}
	if (calls(target, "__lt_no_counter"))
		lowering_error(lowering, call, counts);
	LLVMPositionBuilderBefore(builder, call);
	for (unsigned i = 0; i < given; i++)
		arguments[i] = LLVMGetOperand(call, i);
	if (given < wanted)
		arguments[given] = LLVMConstInt(word, 1, 0);
	else if (LLVMGetTypeKind(LLVMTypeOf(arguments[given - 1])) == LLVMIntegerTypeKind)
		arguments[given - 1] = LLVMBuildIntCast2(builder, arguments[given - 1], word, 1, "");
	else
		lowering_error(lowering, call, "increment adds integers only");
	if (!lowering->failed) {
		LLVMValueRef direct = LLVMBuildCall2(builder, type, target, arguments, wanted, "");

		LLVMInstructionSetDebugLoc(direct, LLVMInstructionGetDebugLoc(call));
	}
	LLVMDisposeBuilder(builder);
	LLVMInstructionEraseFromParent(call);
}

/* What was given a number to add (see increment in bpf/dialect/maps.h); the last argument is the macro's. */
static void check_counting(struct lowering *lowering, LLVMValueRef call, LLVMValueRef target)
{
	if (LLVMGetNumArgOperands(call) > LLVMCountParams(target) + 1)
		lowering_error(lowering, call, takes);
	if (calls(target, "__lt_no_counter"))
		lowering_error(lowering, call, counts);
}

/* Where a call puts its record: the output that it names, or the iterator that it stands in. */
static bool find_output(LLVMValueRef call, const char *function, char *out, size_t size)
{
	static const char *const verbs[] = { "__lt_submit_", "__lt_with_skb_", "__lt_output_", "__lt_commit_" };
	const char *caller = LLVMGetValueName(LLVMGetBasicBlockParent(LLVMGetInstructionParent(call)));

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strncmp(function, verbs[i], strlen(verbs[i]))) {
			snprintf(out, size, "%s", function + strlen(verbs[i]));
			return true;
		}
	if (strcmp(function, "__lt_seq_record"))
		return false;
	snprintf(out, size, "%.*s", (int)strcspn(caller, "."), caller);	/* "NAME.body" */
	return true;
}

/* A submit call's last argument is its record marker: the marker gets the output's name. */
static void name_record(LLVMValueRef call, const char *function)
{
	unsigned count = LLVMGetNumArgOperands(call);
	LLVMValueRef marker = count ? LLVMGetOperand(call, count - 1) : NULL;
	char name[300], output[256];

	if (!marker || !LLVMIsAGlobalVariable(marker) || name_starts(marker, "__lt_record_") ||
	    !find_output(call, function, output, sizeof(output)))
		return;
	snprintf(name, sizeof(name), "__lt_record_%s", output);
	/* BTF takes no dots, which LLVM would make a second name unique with */
	for (int i = 1; LLVMGetNamedGlobal(LLVMGetGlobalParent(marker), name); i++)
		snprintf(name, sizeof(name), "__lt_record_%s__%d", output, i);
	LLVMSetValueName2(marker, name, strlen(name));
}

static void visit_call(struct lowering *lowering, LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);
	size_t length;

	if (!callee || !LLVMIsAFunction(callee))
		return;
	if (name_starts(callee, "__lt_any_")) {
		const char *called = LLVMGetValueName2(callee, &length);
		char *name = copy_string(called, length);

		resolve_counting(lowering, call, name);
		free(name);
	} else if (name_starts(callee, "__lt_increment_") || name_starts(callee, "__lt_atomic_increment_")) {
		check_counting(lowering, call, callee);
	} else if (name_starts(callee, "__lt_")) {
		name_record(call, LLVMGetValueName2(callee, &length));
	}
}

void resolve_dialect_calls(struct lowering *lowering)
{
	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		next = next_of_module(i);
		if (LLVMGetInstructionOpcode(i) == LLVMCall)
			visit_call(lowering, i);
	}
}

/* A static of a function is called FUNCTION.NAME by clang; older kernels take no dots in BTF names. */
static void replace_dots(LLVMValueRef global)
{
	size_t length;
	const char *name = LLVMGetValueName2(global, &length);
	char *copy;

	if (!memchr(name, '.', length) || *name == '.' || name_starts(global, "llvm."))
		return;
	copy = copy_string(name, length);
	for (char *at = copy; *at; at++)
		if (*at == '.')
			*at = '_';
	LLVMSetValueName2(global, copy, length);
	free(copy);
}

/* Markers that no submit call claimed have no output to tell of. Function tables have folded away; what is left of
 * them would hold the user's name. Then `__lt_map_NAME` becomes NAME. */
void rename_globals(struct lowering *lowering)
{
	static const char prefix[] = "__lt_map_";
	LLVMValueRef next;

	for (LLVMValueRef g = LLVMGetFirstGlobal(lowering->module); g; g = next) {
		char *name;
		LLVMValueRef other;

		next = LLVMGetNextGlobal(g);
		/* A map that a header offers is static, so that only a text that uses it has it; libbpf takes no static one. */
		if (LLVMGetSection(g) && !strcmp(LLVMGetSection(g), ".maps"))
			LLVMSetLinkage(g, LLVMExternalLinkage);
		if (!name_starts(g, prefix)) {
			replace_dots(g);
			continue;
		}
		name = copy_string(LLVMGetValueName(g) + strlen(prefix), strlen(LLVMGetValueName(g) + strlen(prefix)));
		other = LLVMGetNamedGlobal(lowering->module, name);
		if (other)
			LLVMSetValueName2(other, "", 0);
		LLVMSetValueName2(g, name, strlen(name));
		free(name);
	}
}
