/* SPDX-License-Identifier: MIT
 *
 * Members of packet headers (BPF_PACKET_HEADER of bcc/proto.h) are read from and written to the packet.
 *
 * Clang leaves a llvm.preserve.struct.access.index for each access to such a struct. Its pointer is an offset in the
 * packet. A load through it becomes a call of __lt_packet_read, a store one of __lt_packet_write, dialect functions
 * that make packet loads and helper calls of it. For a bit-field, clang loads the integer that holds it and takes the
 * field out with shifts and masks that follow; these stay as they are: what was read is put where they look for it,
 * and what is written is taken from where they put it.
 */
#include "packet_types.h"
#include <llvm-c/DebugInfo.h>
#include <stdio.h>
#include <string.h>

struct values {
	LLVMValueRef *list;
	size_t count;
};

struct packet {
	struct lowering *lowering;
	LLVMValueRef function;
	LLVMBuilderRef builder;
	struct values pointers;		/* to members, and what is computed of them */
	struct values accesses;		/* loads and stores through them */
	bool failed;
};

static bool has(const struct values *values, LLVMValueRef value)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->list[i] == value)
			return true;
	return false;
}

static void put(struct values *values, LLVMValueRef value)
{
	if (has(values, value))
		return;
	if (!(values->count & (values->count + 1)))
		values->list = reallocate(values->list, 2 * (values->count + 1) * sizeof(*values->list));
	values->list[values->count++] = value;
}

/* ---- finding accesses ------------------------------------------------------------------------------------------- */

static void refuse(struct packet *packet, LLVMValueRef instruction, const char *message)
{
	packet->failed = true;
	lowering_error(packet->lowering, instruction, "%s", message);
}

static const char copied[] = "a packet header lies in the packet, not in memory, so it cannot be copied or changed as "
	"a whole; read its members one by one, or copy bytes with bpf_skb_load_bytes(skb, offset, to, size)";
static const char passed[] = "the address of a packet header's member is an offset in the packet, not memory that can "
	"be kept or passed on; read the member into a variable and use that";

static bool is_copy(LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);

	return name_starts(callee, "llvm.memcpy") || name_starts(callee, "llvm.memmove") ||
	       name_starts(callee, "llvm.memset");
}

/* Pointers made of this one, in memory as in the packet; loads and stores in the packet. */
static void visit_use(struct packet *packet, LLVMValueRef pointer, LLVMValueRef user, bool in_memory)
{
	switch (LLVMGetInstructionOpcode(user)) {
	case LLVMGetElementPtr:
	case LLVMBitCast:
	case LLVMFreeze:
	case LLVMPHI:
	case LLVMSelect:
		put(&packet->pointers, user);
		return;
	case LLVMCall:
		if (is_preserved_access(user))
			put(&packet->pointers, user);
		else if (!in_memory)
			refuse(packet, user, is_copy(user) ? copied : passed);
		return;
	default:
		if (in_memory)
			return;
	}
	switch (LLVMGetInstructionOpcode(user)) {
	case LLVMLoad:
		put(&packet->accesses, user);
		break;
	case LLVMStore:
		if (LLVMGetOperand(user, 0) == pointer)
			refuse(packet, user, passed);
		else
			put(&packet->accesses, user);
		break;
	case LLVMAtomicRMW:
	case LLVMAtomicCmpXchg:
		refuse(packet, user, "a packet header's member cannot be changed atomically; assign to it");
		break;
	default:
		break;
	}
}

static bool accesses_whole(LLVMValueRef user, LLVMValueRef pointer)
{
	return LLVMIsALoadInst(user) || (LLVMIsAStoreInst(user) && LLVMGetOperand(user, 1) == pointer) ||
	       (LLVMIsACallInst(user) && is_copy(user));
}

/* The struct's own pointer is for naming members. */
static void visit_base(struct packet *packet, LLVMValueRef base)
{
	if (LLVMIsConstant(base))
		return;
	for (LLVMUseRef use = LLVMGetFirstUse(base); use; use = LLVMGetNextUse(use))
		if (accesses_whole(LLVMGetUser(use), base))
			refuse(packet, LLVMGetUser(use), copied);
}

/* It is a constant behind headers of fixed size. Where a program reads packet headers, memory at a number is none. */
static void refuse_constant_address(struct packet *packet, LLVMValueRef user)
{
	for (int i = 0; i < LLVMGetNumOperands(user) && i < 2; i++) {
		LLVMValueRef pointer = LLVMGetOperand(user, i), base = pointer;

		if (!LLVMIsConstant(pointer) || LLVMGetTypeKind(LLVMTypeOf(pointer)) != LLVMPointerTypeKind)
			continue;
		while (LLVMIsAConstantExpr(base))
			base = LLVMGetOperand(base, 0);
		if ((LLVMIsNull(base) || LLVMIsAConstantInt(base)) && accesses_whole(user, pointer))
			refuse(packet, user, copied);
	}
}

static void visit_access(struct packet *packet, LLVMValueRef access)
{
	LLVMValueRef base = LLVMGetOperand(access, 0);
	enum origin origin = pointer_origin(packet->function, base, 64);

	put(&packet->pointers, access);
	while (is_array_access(base)) {
		put(&packet->pointers, base);
		base = LLVMGetOperand(base, 0);
	}
	if (origin == ORIGIN_CONTEXT)
		refuse(packet, access, "a BPF_PACKET_HEADER struct is read at an offset of the packet (cursor_advance), but this "
		       "pointer was made of the context's data pointer; use the kernel's struct (iphdr, ...) there");
	else if (origin == ORIGIN_NUMBER)
		visit_base(packet, base);
}

/* ---- rewriting -------------------------------------------------------------------------------------------------- */

/* Where in the packet a load or store goes, and where in its integer a bit-field is. */
struct place {
	LLVMValueRef base;
	unsigned long long offset, bits, shift;
};

static bool find_place(struct packet *packet, LLVMValueRef access, LLVMValueRef pointer, LLVMTypeRef type,
		       struct place *out)
{
	LLVMValueRef at = pointer;
	struct packet_member member;

	if (LLVMGetTypeKind(type) != LLVMIntegerTypeKind)
		return false;
	*out = (struct place){ .base = pointer, .bits = LLVMGetIntTypeWidth(type) };
	while (is_array_access(at) || LLVMIsAGetElementPtrInst(at))
		at = LLVMGetOperand(at, 0);
	if ((!is_member_access(at) && !is_union_access(at)) || !access_member(at, &member))
		return out->bits <= 64;
	if (member.holds_bitfields && !member.is_bitfield) {
		refuse(packet, access, "the struct of this member has bit-fields, but no BPF_PACKET_HEADER: without it the order of "
		       "its bits is not the packet's");
		return true;
	}
	if (!member.is_bitfield)
		return out->bits <= 64;
	out->base = LLVMGetOperand(at, 0);
	out->offset = member.offset;
	out->bits = member.bits;
	out->shift = member.offset - 8 * access_offset(packet->lowering->module, at);
	return member.offset % 8 + member.bits <= 64;
}

static LLVMValueRef call_dialect(struct packet *packet, const char *name, const struct place *place, LLVMValueRef value)
{
	LLVMValueRef function = LLVMGetNamedFunction(packet->lowering->module, name);
	LLVMTypeRef word = LLVMInt64TypeInContext(packet->lowering->context);
	LLVMValueRef offset = LLVMBuildPtrToInt(packet->builder, place->base, word, "");
	LLVMValueRef arguments[4] = {
		LLVMBuildAdd(packet->builder, offset, LLVMConstInt(word, place->offset / 8, 0), ""),
		LLVMConstInt(word, place->offset % 8, 0), LLVMConstInt(word, place->bits, 0), value,
	};

	return LLVMBuildCall2(packet->builder, LLVMGlobalGetValueType(function), function, arguments, value ? 4 : 3, "");
}

/* A write to a bit-field keeps what else its integer holds, which __lt_packet_write does itself. */
static bool is_for_neighbours(LLVMValueRef load, const struct place *place)
{
	unsigned width = LLVMGetIntTypeWidth(LLVMTypeOf(load));
	unsigned long long field = (place->bits < 64 ? (1ull << place->bits) - 1 : ~0ull) << place->shift;
	LLVMUseRef use = LLVMGetFirstUse(load);

	if (width > 64 || place->bits == width)
		return false;
	for (; use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use), mask;

		if (!LLVMIsAInstruction(user) || LLVMGetInstructionOpcode(user) != LLVMAnd)
			return false;
		mask = LLVMGetOperand(user, 1);
		if (!LLVMIsAConstantInt(mask) || (LLVMConstIntGetZExtValue(mask) & field))
			return false;
	}
	return true;
}

static void rewrite_load(struct packet *packet, LLVMValueRef load, const struct place *place)
{
	LLVMTypeRef type = LLVMTypeOf(load);
	LLVMValueRef value = LLVMConstNull(type);

	if (!is_for_neighbours(load, place)) {
		value = call_dialect(packet, "__lt_packet_read", place, NULL);
		value = LLVMBuildIntCast2(packet->builder, value, type, 0, "");
		value = LLVMBuildShl(packet->builder, value, LLVMConstInt(type, place->shift, 0), "");
	}
	LLVMReplaceAllUsesWith(load, value);
}

static void rewrite_store(struct packet *packet, LLVMValueRef store, const struct place *place)
{
	LLVMValueRef value = LLVMGetOperand(store, 0);
	LLVMTypeRef word = LLVMInt64TypeInContext(packet->lowering->context);

	value = LLVMBuildLShr(packet->builder, value, LLVMConstInt(LLVMTypeOf(value), place->shift, 0), "");
	value = LLVMBuildIntCast2(packet->builder, value, word, 0, "");
	call_dialect(packet, "__lt_packet_write", place, value);
}

static void rewrite(struct packet *packet, LLVMValueRef access)
{
	bool is_load = LLVMIsALoadInst(access);
	LLVMValueRef pointer = LLVMGetOperand(access, is_load ? 0 : 1);
	LLVMTypeRef type = LLVMTypeOf(is_load ? access : LLVMGetOperand(access, 0));
	struct place place;

	if (pointer_origin(packet->function, pointer, 64) == ORIGIN_MEMORY)
		return;
	if (!find_place(packet, access, pointer, type, &place)) {
		refuse(packet, access, "a packet header's member is read and written as an integer of at most 64 bits that lies in "
		       "8 bytes; declare this one as several");
		return;
	}
	LLVMPositionBuilderBefore(packet->builder, access);
	LLVMSetCurrentDebugLocation2(packet->builder, LLVMInstructionGetDebugLoc(access));
	if (is_load)
		rewrite_load(packet, access, &place);
	else
		rewrite_store(packet, access, &place);
	LLVMInstructionEraseFromParent(access);
}

/* The backend would make relocations of clang's calls. */
static void replace_pointer(struct packet *packet, LLVMValueRef access)
{
	LLVMTypeRef byte = LLVMInt8TypeInContext(packet->lowering->context);
	unsigned long long offset = access_offset(packet->lowering->module, access);
	LLVMValueRef index = LLVMConstInt(LLVMInt64TypeInContext(packet->lowering->context), offset, 0), base, address;

	base = LLVMGetOperand(access, 0);
	LLVMPositionBuilderBefore(packet->builder, access);
	address = LLVMBuildGEP2(packet->builder, byte, base, &index, 1, "");
	LLVMReplaceAllUsesWith(access, address);
	LLVMInstructionEraseFromParent(access);
}

static void find_accesses(struct packet *packet)
{
	for (LLVMValueRef i = first_of_function(packet->function); i; i = next_of_function(i))
		if (is_preserved_access(i) && is_packet_access(i))
			visit_access(packet, i);
	for (size_t at = 0; at < packet->pointers.count; at++) {
		LLVMValueRef pointer = packet->pointers.list[at];
		bool in_memory = pointer_origin(packet->function, pointer, 64) == ORIGIN_MEMORY;

		for (LLVMUseRef use = LLVMGetFirstUse(pointer); use; use = LLVMGetNextUse(use))
			visit_use(packet, pointer, LLVMGetUser(use), in_memory);
	}
	if (!packet->pointers.count)
		return;
	for (LLVMValueRef i = first_of_function(packet->function); i; i = next_of_function(i))
		refuse_constant_address(packet, i);
}

static bool lower_function(struct packet *packet)
{
	find_accesses(packet);
	for (size_t i = 0; i < packet->accesses.count && !packet->failed; i++)
		rewrite(packet, packet->accesses.list[i]);
	for (size_t i = 0; i < packet->pointers.count && !packet->failed; i++)
		if (is_preserved_access(packet->pointers.list[i]))
			replace_pointer(packet, packet->pointers.list[i]);
	free(packet->pointers.list);
	free(packet->accesses.list);
	return packet->accesses.count;
}

/* The functions are noinline until here, for nothing calls them. */
static void allow_inlining(struct lowering *lowering, const char *name)
{
	static const char no[] = "noinline";
	LLVMValueRef function = LLVMGetNamedFunction(lowering->module, name);

	if (!function)
		return;
	LLVMRemoveEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				       LLVMGetEnumAttributeKindForName(no, strlen(no)));
	set_flag(lowering, function, "alwaysinline");
}

bool lower_packet_headers(struct lowering *lowering)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);
	bool any = false;

	allow_inlining(lowering, "__lt_packet_read");
	allow_inlining(lowering, "__lt_packet_write");
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f)) {
		struct packet packet = { .lowering = lowering, .function = f, .builder = builder };

		if (LLVMIsDeclaration(f) || is_inlined(f))
			continue;
		check_packet_loads(lowering, f);
		any |= lower_function(&packet);
	}
	LLVMDisposeBuilder(builder);
	return any;
}
