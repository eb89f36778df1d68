/* SPDX-License-Identifier: MIT */
#include "maker.h"
#include <stdio.h>

enum { MOST_STATEMENTS = 60 };

static const struct kind {
	const char *name;
	unsigned offsets[4];	/* of the arguments after the context in it */
	unsigned count;
	bool trusted, system_call;
} kinds[] = {
	{ "kprobe__f", { 112, 104, 96, 88 }, 4, false, false },
	{ "raw_tracepoint__f", { 0, 8, 16, 24 }, 4, false, false },
	{ "syscall__f", { 112, 104, 96, 56 }, 4, false, true },
	{ "kmod_ret__f", { 0, 8, 16, 24 }, 4, true, false },	/* fentry's result is 0 whatever it computes */
	{ "tracepoint__f", { 0 }, 0, false, false },
	{ "uprobe_f", { 112, 104, 96, 88 }, 4, false, false },
	{ "lsm_f", { 0, 8, 16, 24 }, 4, true, false },
};

uint64_t digest(uint64_t so_far, const void *data, size_t size)
{
	const uint8_t *at = data;

	so_far = (so_far ^ size) * 1099511628211ull;
	while (size--)
		so_far = (so_far ^ *at++) * 1099511628211ull;
	return so_far;
}

static uint64_t scatter(uint64_t value)
{
	value = (value + 1) * 0x9e3779b97f4a7c15;
	return (value ^ value >> 29) * 0xbf58476d1ce4e5b9;
}

/* In the kernel's memory every 32 bytes a pointer to such a place, now and then NULL; in the context pointers at even
 * words; in the map far ones. */
static void fill_memory(struct memory *memory, const struct kind *kind)
{
	for (unsigned i = 0; i < KERNEL_SIZE / 8; i++) {
		uint64_t value = scatter(i);

		if (i % 4 == 0)
			value = i % 64 == 60 && !kind->trusted ? 0 : KERNEL_ADDRESS + (i * 7 + 12) % (KERNEL_SIZE / 8) / 4 * 32;
		memcpy(memory->kernel + i * 8, &value, 8);
		value += i % 4 == 0 && value ? FAR_ADDRESS - KERNEL_ADDRESS : 5;
		memcpy(memory->far + i * 8, &value, 8);
	}
	for (unsigned i = 0; i < CONTEXT_SIZE / 8; i++) {
		uint64_t value = i % 2 ? scatter(i + 1000) : KERNEL_ADDRESS + (i * 5 + 1) % (KERNEL_SIZE / 32) * 32;

		if (kind->system_call && i == 14)
			value = KERNEL_ADDRESS + 2048;
		memcpy(memory->context + i * 8, &value, 8);
	}
	for (unsigned i = 0; i < MAP_SIZE / 8; i++) {
		uint64_t value = i % 2 ? scatter(i + 2000) : FAR_ADDRESS + i % (KERNEL_SIZE / 32) * 32;

		memcpy(memory->map + i * 8, &value, 8);
	}
}

static void add_flags(struct maker *m, LLVMValueRef function)
{
	/* as clang says it for the flags that texts are compiled with */
	static const char *const flags[] = { "nounwind", "null_pointer_is_valid" };

	for (int i = 0; i < 2; i++)
		LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, LLVMCreateEnumAttribute(m->context,
					LLVMGetEnumAttributeKindForName(flags[i], strlen(flags[i])), 0));
}

static LLVMValueRef add_function(struct maker *m, const char *name, LLVMTypeRef result, LLVMTypeRef *types,
				 unsigned count)
{
	LLVMValueRef function = LLVMAddFunction(m->module, name, LLVMFunctionType(result, types, count, 0));

	LLVMSetLinkage(function, LLVMInternalLinkage);
	add_flags(m, function);
	LLVMPositionBuilderAtEnd(m->builder, LLVMAppendBasicBlockInContext(m->context, function, ""));
	return function;
}

static void add_functions(struct maker *m)
{
	LLVMTypeRef p = pointer_type(m), word_type = int_type(m, 64), types[3] = { p, word_type, word_type };
	LLVMTypeRef nothing = LLVMVoidTypeInContext(m->context);
	LLVMValueRef f = m->functions[0] = add_function(m, "at", word_type, types, 2), index = LLVMGetParam(f, 1);

	LLVMBuildRet(m->builder, LLVMBuildLoad2(m->builder, word_type, LLVMBuildGEP2(m->builder, int_type(m, 8),
		     LLVMGetParam(f, 0), &index, 1, ""), ""));
	types[1] = p;
	f = m->functions[1] = add_function(m, "copy16", nothing, types, 2);
	LLVMBuildMemCpy(m->builder, LLVMGetParam(f, 0), 8, LLVMGetParam(f, 1), 8, constant(m, 16));
	LLVMBuildRetVoid(m->builder);
	f = m->functions[2] = add_function(m, "either", p, types, 3);
	LLVMBuildRet(m->builder, LLVMBuildSelect(m->builder, LLVMBuildTrunc(m->builder, LLVMGetParam(f, 2),
		     int_type(m, 1), ""), LLVMGetParam(f, 0), LLVMGetParam(f, 1), ""));
	f = m->functions[3] = add_function(m, "next", p, types, 1);
	LLVMBuildRet(m->builder, LLVMBuildLoad2(m->builder, p, LLVMGetParam(f, 0), ""));
}

static void add_arguments(struct maker *m, const struct kind *kind)
{
	const uint8_t *from = kind->system_call ? m->program->before.kernel + 2048 : m->program->before.context;
	LLVMTypeRef types[5] = { pointer_type(m) };
	unsigned used = kind->count ? below(&m->in, kind->count + 1) : 0, narrow = byte(&m->in);
	uint64_t bits[5];

	for (unsigned i = 0; i < used; i++) {
		memcpy(&bits[i], from + kind->offsets[i], 8);
		types[i + 1] = bits[i] - KERNEL_ADDRESS < KERNEL_SIZE ? pointer_type(m) :
			       int_type(m, 8u << (narrow >> 2 * i) % 4);
	}
	m->function = LLVMAddFunction(m->module, kind->name, LLVMFunctionType(int_type(m, 32), types, used + 1, 0));
	add_flags(m, m->function);
	LLVMAppendBasicBlockInContext(m->context, m->function, "");
	m->missing = new_block(m);
	LLVMPositionBuilderAtEnd(m->builder, m->missing);
	LLVMBuildRet(m->builder, LLVMConstInt(int_type(m, 32), MISSING, 0));
	LLVMPositionBuilderAtEnd(m->builder, LLVMGetEntryBasicBlock(m->function));
	m->pointers[m->pointer_count++] = (struct pointer){ LLVMGetParam(m->function, 0), CONTEXT, 0, false };
	/* one kernel pointer there is always: a word of the context, which is a program's own to read */
	{
		struct pointer at = moved(m, m->pointers[0], kind->system_call ? 32 : 16);
		uint64_t word_there;

		peek(m, at, &word_there, 8);
		keep_pointer(m, pointer_of(build_load(m, pointer_type(m), at, 8), word_there));
	}
	for (unsigned i = 0; i < used; i++) {
		LLVMValueRef argument = LLVMGetParam(m->function, i + 1);

		if (types[i + 1] == pointer_type(m))
			keep_pointer(m, pointer_of(argument, bits[i]));
		else
			keep_number(m, argument, LLVMGetIntTypeWidth(types[i + 1]), bits[i]);
	}
}

/* All that was computed goes into a map and the result. */
static void add_end(struct maker *m)
{
	struct number sum = { constant(m, m->statements), 64, m->statements };
	struct pointer to;

	for (unsigned i = 0; i < m->number_count; i++) {
		struct number number = widened(m, m->numbers[i]);

		sum.llvm = LLVMBuildMul(m->builder, sum.llvm, constant(m, 31), "");
		sum.llvm = LLVMBuildAdd(m->builder, sum.llvm, number.llvm, "");
		sum.bits = sum.bits * 31 + number.bits;
	}
	m->object_count -= m->object_count == MOST_OBJECTS;
	to = look_up(m, (struct number){ constant(m, 1), 64, 1 }, false);
	build_store(m, sum.llvm, to, 8);
	poke(m, to, &sum.bits, 8, true);
	LLVMBuildRet(m->builder, LLVMBuildTrunc(m->builder, sum.llvm, int_type(m, 32), ""));
	if (!m->finished)
		m->program->result = sum.bits;
}

LLVMModuleRef make_program(LLVMContextRef context, struct bytes in, struct program *program)
{
	static struct maker maker;
	struct maker *m = &maker;
	const struct kind *kind;
	LLVMTypeRef map_type;

	memset(m, 0, sizeof(*m));
	memset(program, 0, sizeof(*program));
	m->in = in;
	m->context = context;
	m->program = program;
	m->module = LLVMModuleCreateWithNameInContext("text", context);
	LLVMSetTarget(m->module, "bpf");
	LLVMSetDataLayout(m->module, "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128");
	m->builder = LLVMCreateBuilderInContext(context);
	kind = &kinds[below(&m->in, sizeof(kinds) / sizeof(*kinds))];
	program->name = kind->name;
	program->trusted = kind->trusted;
	program->taken = byte(&m->in) % 64;
	if (program->taken > 7)
		program->taken = 0;
	fill_memory(&program->before, kind);
	program->after = program->before;
	m->objects[KERNEL] = (struct object){ .bytes = program->after.kernel, .size = KERNEL_SIZE };
	m->objects[FAR] = (struct object){ .bytes = program->after.far, .size = KERNEL_SIZE };
	m->objects[CONTEXT] = (struct object){ .bytes = program->after.context, .size = CONTEXT_SIZE };
	m->objects[MAP] = (struct object){ .bytes = program->after.map, .size = MAP_SIZE };
	m->object_count = LOCALS;
	map_type = LLVMArrayType(int_type(m, 64), 4);
	m->map = LLVMAddGlobal(m->module, map_type, "__lt_map_m");
	LLVMSetInitializer(m->map, LLVMConstNull(map_type));
	LLVMSetSection(m->map, ".maps");
	add_functions(m);
	add_arguments(m, kind);
	while (m->in.at < m->in.end && m->statements < MOST_STATEMENTS)
		make_statement(m);
	add_end(m);
	LLVMDisposeBuilder(m->builder);
	return m->module;
}
