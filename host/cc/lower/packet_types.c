/* SPDX-License-Identifier: MIT
 *
 * LLVM-C has no typed access to debug info, and the operands' positions differ between releases (21 put sizes and
 * offsets among them), so operands are told by what they are.
 */
#include "packet_types.h"
#include <llvm-c/DebugInfo.h>
#include <stdlib.h>
#include <string.h>

static const char tag[] = "luatrace:packet";	/* bpf/include/bcc/proto.h */

/* The operands of a metadata node as values; NULL where there is none. */
struct operands {
	LLVMValueRef *list;
	unsigned count;
};

static struct operands operands_of(LLVMValueRef node)
{
	struct operands operands = { .count = LLVMGetMDNodeNumOperands(node) };

	operands.list = allocate((operands.count + 1) * sizeof(*operands.list));
	LLVMGetMDNodeOperands(node, operands.list);
	return operands;
}

static LLVMMetadataKind kind_of(LLVMValueRef value)
{
	return value && LLVMIsAMDNode(value) ? LLVMGetMetadataKind(LLVMValueAsMetadata(value)) :
					       (LLVMMetadataKind)-1;
}

static bool is_type(LLVMValueRef value)
{
	LLVMMetadataKind kind = kind_of(value);

	return kind == LLVMDIBasicTypeMetadataKind || kind == LLVMDIDerivedTypeMetadataKind ||
	       kind == LLVMDICompositeTypeMetadataKind || kind == LLVMDISubroutineTypeMetadataKind;
}

/* The operands of every type begin with file, scope and name. What it is made of comes after. */
enum { FIRST_OWN_OPERAND = 3 };

static LLVMValueRef find_operand(LLVMValueRef node, bool (*wanted)(LLVMValueRef))
{
	struct operands operands = operands_of(node);
	LLVMValueRef found = NULL;

	for (unsigned i = FIRST_OWN_OPERAND; i < operands.count && !found; i++)
		if (operands.list[i] && wanted(operands.list[i]))
			found = operands.list[i];
	free(operands.list);
	return found;
}

static bool is_tuple(LLVMValueRef value)
{
	return kind_of(value) == LLVMMDTupleMetadataKind;
}

static bool is_string(LLVMValueRef value, const char *text)
{
	unsigned length;
	const char *string = value && LLVMIsAMDString(value) ? LLVMGetMDString(value, &length) : NULL;

	return string && length == strlen(text) && !memcmp(string, text, length);
}

static bool is_tag(LLVMValueRef annotation)
{
	struct operands pair = { 0 };
	bool is;

	if (!annotation || !is_tuple(annotation))
		return false;
	pair = operands_of(annotation);
	is = pair.count == 2 && is_string(pair.list[0], "btf_decl_tag") && is_string(pair.list[1], tag);
	free(pair.list);
	return is;
}

static bool has_tag(LLVMValueRef tuple)
{
	struct operands entries = { 0 };
	bool found = false;

	if (!is_tuple(tuple))
		return false;
	entries = operands_of(tuple);
	for (unsigned i = 0; i < entries.count && !found; i++)
		found = is_tag(entries.list[i]);
	free(entries.list);
	return found;
}

static bool calls_intrinsic(LLVMValueRef value, const char *name)
{
	return LLVMIsACallInst(value) && LLVMIsAFunction(LLVMGetCalledValue(value)) &&
	       name_starts(LLVMGetCalledValue(value), name);
}

bool is_member_access(LLVMValueRef value)
{
	return calls_intrinsic(value, "llvm.preserve.struct.access.index");
}

bool is_union_access(LLVMValueRef value)
{
	return calls_intrinsic(value, "llvm.preserve.union.access.index");
}

bool is_array_access(LLVMValueRef value)
{
	return calls_intrinsic(value, "llvm.preserve.array.access.index");
}

/* The struct or union; a text may call it by a typedef's name. */
static LLVMValueRef accessed_type(LLVMValueRef access)
{
	static const char name[] = "llvm.preserve.access.index";
	unsigned kind = LLVMGetMDKindIDInContext(LLVMGetTypeContext(LLVMTypeOf(access)), name, strlen(name));
	LLVMValueRef type = LLVMGetMetadata(access, kind);

	while (kind_of(type) == LLVMDIDerivedTypeMetadataKind)
		type = find_operand(type, is_type);
	return kind_of(type) == LLVMDICompositeTypeMetadataKind ? type : NULL;
}

bool is_packet_access(LLVMValueRef access)
{
	LLVMValueRef type = is_array_access(access) ? NULL : accessed_type(access);

	return type && find_operand(type, has_tag);
}

static LLVMValueRef element_of(LLVMValueRef type, unsigned long long index)
{
	LLVMValueRef tuple = find_operand(type, is_tuple), element;
	struct operands elements;

	if (!tuple)
		return NULL;
	elements = operands_of(tuple);
	element = index < elements.count ? elements.list[index] : NULL;
	free(elements.list);
	return element;
}

/* Whether a type has a bit-field, of its own or in what it is made of: typedefs, qualifiers and members are derived
 * types, an array is a composite type with another one in it. */
static bool holds_bitfields(LLVMValueRef type)
{
	LLVMValueRef inner, tuple;
	struct operands elements;
	bool holds = false;

	if (!type || LLVMIsAConstant(type))
		return false;
	if (kind_of(type) == LLVMDIDerivedTypeMetadataKind &&
	    (LLVMDITypeGetFlags(LLVMValueAsMetadata(type)) & LLVMDIFlagBitField))
		return true;
	if (!is_type(type))
		return false;
	inner = find_operand(type, is_type);
	/* a pointer, which may lead around in a circle: of what has no elements only that and members have a size */
	if (kind_of(inner) == LLVMDIDerivedTypeMetadataKind && LLVMDITypeGetSizeInBits(LLVMValueAsMetadata(inner)))
		return false;
	if (inner)
		return holds_bitfields(inner);
	tuple = kind_of(type) == LLVMDICompositeTypeMetadataKind ? find_operand(type, is_tuple) : NULL;
	if (!tuple)
		return false;
	elements = operands_of(tuple);
	for (unsigned i = 0; i < elements.count && !holds; i++)
		holds = holds_bitfields(elements.list[i]);
	free(elements.list);
	return holds;
}

bool access_member(LLVMValueRef access, struct packet_member *out)
{
	LLVMValueRef type = accessed_type(access), element;
	unsigned index = LLVMGetNumArgOperands(access) - 1;	/* the last: a union's accesses have no other */
	LLVMMetadataRef member;

	element = type ? element_of(type, LLVMConstIntGetZExtValue(LLVMGetOperand(access, index))) : NULL;
	if (kind_of(element) != LLVMDIDerivedTypeMetadataKind)
		return false;
	member = LLVMValueAsMetadata(element);
	*out = (struct packet_member){
		.offset = LLVMDITypeGetOffsetInBits(member), .bits = LLVMDITypeGetSizeInBits(member),
		.is_bitfield = LLVMDITypeGetFlags(member) & LLVMDIFlagBitField, .holds_bitfields = holds_bitfields(element),
	};
	return true;
}

unsigned long long access_offset(LLVMModuleRef module, LLVMValueRef access)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(module);
	unsigned long long number = is_union_access(access) ? 0 : LLVMConstIntGetZExtValue(LLVMGetOperand(access, 1));
	LLVMTypeRef type;

	if (is_union_access(access))
		return 0;
	type = accessed_element(access);
	if (is_member_access(access)) /* a union's bit-field has its union's start */
		return number < LLVMCountStructElementTypes(type) ? LLVMOffsetOfElement(layout, type, number) : 0;
	/* of an array the first number says how many arrays deep the second counts */
	while (number-- && LLVMGetTypeKind(type) == LLVMArrayTypeKind)
		type = LLVMGetElementType(type);
	return LLVMConstIntGetZExtValue(LLVMGetOperand(access, 2)) * LLVMABISizeOfType(layout, type);
}

const char *context_struct(LLVMContextRef context, LLVMValueRef function)
{
	LLVMMetadataRef subprogram = LLVMGetSubprogram(function);
	LLVMValueRef type = NULL, parameter;
	struct operands operands;
	const char *name = NULL;
	unsigned length;

	if (subprogram)
		type = find_operand(LLVMMetadataAsValue(context, subprogram), is_type);
	parameter = type ? element_of(type, 1) : NULL;	/* 0 is the result */
	if (kind_of(parameter) != LLVMDIDerivedTypeMetadataKind)
		return NULL;
	while (kind_of(parameter) == LLVMDIDerivedTypeMetadataKind)
		parameter = find_operand(parameter, is_type);
	if (kind_of(parameter) != LLVMDICompositeTypeMetadataKind)
		return "";
	operands = operands_of(parameter);
	if (operands.count > 2 && operands.list[2] && LLVMIsAMDString(operands.list[2]))
		name = LLVMGetMDString(operands.list[2], &length);
	free(operands.list);
	return name ? name : "";
}
