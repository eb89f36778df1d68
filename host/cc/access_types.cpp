/* SPDX-License-Identifier: MIT */
#include "access_types.h"
#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicsBPF.h>
#include <llvm/IR/LLVMContext.h>

namespace {

/* Through typedefs and qualifiers. */
const llvm::DIType *strip(const llvm::DIType *type)
{
	while (const auto *derived = llvm::dyn_cast_or_null<llvm::DIDerivedType>(type)) {
		unsigned tag = derived->getTag();

		if (tag != llvm::dwarf::DW_TAG_typedef && tag != llvm::dwarf::DW_TAG_const_type &&
		    tag != llvm::dwarf::DW_TAG_volatile_type && tag != llvm::dwarf::DW_TAG_restrict_type &&
		    tag != llvm::dwarf::DW_TAG_member)
			break;
		type = derived->getBaseType();
	}
	return type;
}

/* The struct, union or array that an access goes into, or null. */
const llvm::DICompositeType *type_of(const llvm::CallBase *call)
{
	const llvm::MDNode *node = call->getMetadata(llvm::LLVMContext::MD_preserve_access_index);

	return llvm::dyn_cast_or_null<llvm::DICompositeType>(strip(llvm::dyn_cast_or_null<llvm::DIType>(node)));
}

bool is_array_access(const llvm::CallBase *call)
{
	const llvm::Function *callee = call->getCalledFunction();

	return callee && callee->getName().starts_with("llvm.preserve.array.access.index");
}

/* Index in debug info: the last argument of a struct's and a union's. */
const llvm::DIDerivedType *member_of(const llvm::CallBase *call)
{
	const llvm::DICompositeType *type = type_of(call);
	const auto *index = llvm::dyn_cast<llvm::ConstantInt>(call->getArgOperand(call->arg_size() - 1));

	if (!type || !index || is_array_access(call) || index->getZExtValue() >= type->getElements().size())
		return nullptr;
	return llvm::dyn_cast<llvm::DIDerivedType>(type->getElements()[index->getZExtValue()]);
}

const llvm::CallBase *access_of(const llvm::Value *value)
{
	const auto *call = llvm::dyn_cast<llvm::CallBase>(value);
	const llvm::Function *callee = call ? call->getCalledFunction() : nullptr;

	return callee && callee->getName().starts_with("llvm.preserve.") && callee->getName().contains(".access.index") ?
		call : nullptr;
}

bool continues(const llvm::CallBase *outer, const llvm::CallBase *inner)
{
	const llvm::DIType *type;

	if (is_array_access(outer))
		type = type_of(outer) ? type_of(outer)->getBaseType() : nullptr;
	else
		type = member_of(outer);
	return type && strip(type) == type_of(inner);
}

}

bool access_is_bit_field(LLVMValueRef value, uint64_t *offset, uint64_t *size)
{
	const llvm::CallBase *call = access_of(llvm::unwrap(value));
	const llvm::DIDerivedType *member = call ? member_of(call) : nullptr;

	if (!member || !member->isBitField())
		return false;
	*offset = member->getOffsetInBits();
	*size = member->getSizeInBits();
	return true;
}

LLVMValueRef access_root(LLVMValueRef value)
{
	const llvm::CallBase *call = access_of(llvm::unwrap(value)), *outer;

	while ((outer = access_of(call->getArgOperand(0))) && continues(outer, call))
		call = outer;
	return llvm::wrap(call->getArgOperand(0));
}

LLVMValueRef access_element_size(LLVMBuilderRef builder, LLVMValueRef array, LLVMTypeRef type)
{
	const llvm::CallBase *call = access_of(llvm::unwrap(array));
	const llvm::DIType *member = call ? strip(member_of(call)) : nullptr;
	llvm::IRBuilderBase &to = *llvm::unwrap(builder);
	llvm::Value *first;

	if (!member || member->getTag() != llvm::dwarf::DW_TAG_array_type)
		return nullptr;
	first = to.CreatePreserveArrayAccessIndex(llvm::unwrap(type), llvm::unwrap(array), 1, 0,
						  const_cast<llvm::DIType *>(member));
	/* 1: BPF_FIELD_BYTE_SIZE */
	return llvm::wrap(to.CreateIntrinsic(llvm::Intrinsic::bpf_preserve_field_info, { first->getType() },
					     { first, to.getInt64(1) }));
}
