/* SPDX-License-Identifier: MIT
 *
 * The parts of which statements are made.
 */
#include "maker.h"

LLVMTypeRef int_type(const struct maker *m, unsigned width)
{
	return LLVMIntTypeInContext(m->context, width);
}

LLVMTypeRef pointer_type(const struct maker *m)
{
	return LLVMPointerTypeInContext(m->context, 0);
}

LLVMValueRef constant(const struct maker *m, uint64_t value)
{
	return LLVMConstInt(int_type(m, 64), value, 0);
}

LLVMBasicBlockRef new_block(const struct maker *m)
{
	return LLVMAppendBasicBlockInContext(m->context, m->function, "");
}

LLVMValueRef call_helper(struct maker *m, unsigned helper, LLVMValueRef *arguments, unsigned count, LLVMTypeRef result)
{
	LLVMTypeRef types[5];

	for (unsigned i = 0; i < count; i++)
		types[i] = LLVMTypeOf(arguments[i]);
	return LLVMBuildCall2(m->builder, LLVMFunctionType(result, types, count, 0),
			      LLVMConstIntToPtr(constant(m, helper), pointer_type(m)), arguments, count, "");
}

void keep_number(struct maker *m, LLVMValueRef llvm, unsigned width, uint64_t bits)
{
	if (width < 64)
		bits &= (1ull << width) - 1;
	if (m->number_count < MOST_VALUES)
		m->numbers[m->number_count++] = (struct number){ llvm, width, bits };
}

void keep_pointer(struct maker *m, struct pointer pointer)
{
	if (m->pointer_count < MOST_VALUES)
		m->pointers[m->pointer_count++] = pointer;
}

struct number pick_number(struct maker *m)
{
	unsigned choice = byte(&m->in);

	if (!m->number_count || choice >= 240) {
		uint64_t value = choice == 255 ? word(&m->in) : choice - 240;

		return (struct number){ constant(m, value), 64, value };
	}
	return m->numbers[m->number_count - 1 - choice % m->number_count];
}

struct number widened(struct maker *m, struct number number)
{
	if (number.width < 64)
		number.llvm = LLVMBuildZExt(m->builder, number.llvm, int_type(m, 64), "");
	number.width = 64;
	return number;
}

struct pointer moved(struct maker *m, struct pointer pointer, int64_t by)
{
	LLVMValueRef index = constant(m, by);

	if (by)
		pointer.llvm = LLVMBuildGEP2(m->builder, int_type(m, 8), pointer.llvm, &index, 1, "");
	pointer.offset += by;
	return pointer;
}

struct pointer pick_pointer(struct maker *m, unsigned size, unsigned unit, bool writable)
{
	unsigned choice = byte(&m->in), to = word(&m->in);

	/* the newest most often: chains are what programs are made of */
	if (choice >= 128)
		choice = m->pointer_count - 1 - choice % 4 % m->pointer_count;
	for (unsigned i = 0; i < m->pointer_count; i++) {
		struct pointer pointer = m->pointers[(choice + i) % m->pointer_count];
		unsigned room = m->objects[pointer.object].size;

		if (writable && (pointer.kernel || pointer.object == CONTEXT))
			continue;
		/* not NULL itself: where the compiler knows it, such a load stays for the verifier to refuse */
		if (pointer.object == NOTHING) {
			pointer = moved(m, pointer, to % 64 / unit * unit);
			return pointer.offset + 16 > 16 ? pointer : moved(m, pointer, 32);
		}
		/* a map's slots are memory of their own */
		if (pointer.object == MAP) {
			unsigned slot = pointer.offset / MAP_SLOT * MAP_SLOT;

			if (size <= MAP_SLOT)
				return moved(m, pointer, slot + to % (MAP_SLOT - size + 1) / unit * unit - pointer.offset);
			continue;
		}
		if (size <= room)
			return moved(m, pointer, to % (room - size + 1) / unit * unit - pointer.offset);
	}
	return moved(m, m->pointers[0], 0);
}

bool peek(const struct maker *m, struct pointer pointer, void *to, unsigned size)
{
	const struct object *object = &m->objects[pointer.object];

	memset(to, 0, size);
	if (pointer.object == NOTHING)
		return true;
	if (pointer.offset > object->size || size > object->size - pointer.offset)
		return false;
	memcpy(to, object->bytes + pointer.offset, size);
	for (unsigned i = 0; pointer.object >= LOCALS && i < size; i++)
		if (!object->known[pointer.offset + i])
			return false;
	return true;
}

void poke(struct maker *m, struct pointer pointer, const void *from, unsigned size, bool known)
{
	struct object *object = &m->objects[pointer.object];

	if (!is_live(m) || pointer.object == NOTHING)
		return;
	memcpy(object->bytes + pointer.offset, from, size);
	if (pointer.object >= LOCALS)
		memset(object->known + pointer.offset, known, size);
}

struct pointer pointer_of(LLVMValueRef llvm, uint64_t address)
{
	if (address - KERNEL_ADDRESS < KERNEL_SIZE)
		return (struct pointer){ llvm, KERNEL, address - KERNEL_ADDRESS, true };
	if (address - FAR_ADDRESS < KERNEL_SIZE)
		return (struct pointer){ llvm, FAR, address - FAR_ADDRESS, true };
	return (struct pointer){ llvm, NOTHING, address, true };
}

static unsigned alignment_of(struct pointer pointer, unsigned size)
{
	return size && pointer.offset % size ? 1 : size;
}

LLVMValueRef build_load(struct maker *m, LLVMTypeRef type, struct pointer pointer, unsigned size)
{
	LLVMValueRef load = LLVMBuildLoad2(m->builder, type, pointer.llvm, "");

	LLVMSetAlignment(load, alignment_of(pointer, size));
	return load;
}

void build_store(struct maker *m, LLVMValueRef value, struct pointer pointer, unsigned size)
{
	LLVMValueRef store = LLVMBuildStore(m->builder, value, pointer.llvm);

	LLVMSetAlignment(store, alignment_of(pointer, size));
}

struct pointer new_local(struct maker *m, unsigned size, bool filled)
{
	LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(m->function), here = LLVMGetInsertBlock(m->builder);
	LLVMValueRef first = LLVMGetFirstInstruction(entry);
	struct pointer pointer = { .object = m->object_count };
	struct object *object;

	if (m->object_count == MOST_OBJECTS)
		return m->pointers[0];
	object = &m->objects[m->object_count++];
	memset(object, 0, sizeof(*object));
	object->size = size;
	object->bytes = object->room;
	if (first)
		LLVMPositionBuilderBefore(m->builder, first);
	else
		LLVMPositionBuilderAtEnd(m->builder, entry);
	pointer.llvm = object->local = LLVMBuildAlloca(m->builder, LLVMArrayType(int_type(m, 8), size), "");
	LLVMSetAlignment(pointer.llvm, 8);
	LLVMPositionBuilderAtEnd(m->builder, here);
	if (filled) {
		unsigned value = byte(&m->in);

		LLVMBuildMemSet(m->builder, pointer.llvm, LLVMConstInt(int_type(m, 8), value, 0), constant(m, size), 8);
		memset(object->bytes, value, size);
		memset(object->known, 1, size);
	}
	return pointer;
}

/* An exit that LLVM does not know of. */
static LLVMValueRef exit_if_null(struct maker *m, LLVMValueRef found)
{
	static const char text[] = "if $0 != 0 goto +2\nr0 = 0\nexit", constraints[] = "=r,0";
	LLVMTypeRef pointer = pointer_type(m), type = LLVMFunctionType(pointer, &pointer, 1, 0);

	return LLVMBuildCall2(m->builder, type, LLVMGetInlineAsm(type, text, strlen(text), constraints,
			      strlen(constraints), 1, 0, LLVMInlineAsmDialectATT, 0), &found, 1, "");
}

struct pointer look_up(struct maker *m, struct number key, bool hidden)
{
	struct pointer found = { .object = MAP, .offset = (key.bits & 3) * MAP_SLOT }, local = new_local(m, 4, false);
	LLVMValueRef arguments[2] = { m->map, local.llvm }, missing;

	if (local.object < LOCALS)
		return local;
	key = widened(m, key);
	LLVMBuildStore(m->builder, LLVMBuildTrunc(m->builder, key.llvm, int_type(m, 32), ""), local.llvm);
	found.llvm = call_helper(m, 1, arguments, 2, pointer_type(m));
	if (hidden) {
		found.llvm = exit_if_null(m, found.llvm);
	} else {
		LLVMBasicBlockRef next = new_block(m);

		missing = LLVMBuildICmp(m->builder, LLVMIntEQ, found.llvm, LLVMConstNull(pointer_type(m)), "");
		LLVMBuildCondBr(m->builder, missing, m->missing, next);
		LLVMPositionBuilderAtEnd(m->builder, next);
	}
	if ((uint32_t)key.bits >= MAP_SIZE / MAP_SLOT && is_live(m)) {
		m->finished = true;
		m->program->result = hidden ? 0 : MISSING;
	}
	return found;
}
