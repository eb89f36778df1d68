/* SPDX-License-Identifier: MIT
 *
 * What clang's calls of llvm.preserve.*.access.index say of the struct and member they name, and of their pointer.
 */
#ifndef LT_CC_PACKET_TYPES_H
#define LT_CC_PACKET_TYPES_H
#include "lower.h"

struct packet_member {
	unsigned long long offset, bits;	/* in bits, from the struct's start */
	bool is_bitfield;
	bool holds_bitfields;	/* or is one */
};

bool is_member_access(LLVMValueRef value);	/* of a struct, or of a union's bit-field */
bool is_union_access(LLVMValueRef value);
bool is_array_access(LLVMValueRef value);
static inline bool is_preserved_access(LLVMValueRef value)
{
	return is_member_access(value) || is_union_access(value) || is_array_access(value);
}

/* Whether the access is to a struct or union declared with BPF_PACKET_HEADER. */
bool is_packet_access(LLVMValueRef access);
/* False if there is no such member in the debug info. */
bool access_member(LLVMValueRef access, struct packet_member *out);
/* Bytes that the access adds to its base, by LLVM's layout of the type. */
unsigned long long access_offset(LLVMModuleRef module, LLVMValueRef access);

enum origin {
	ORIGIN_NUMBER,		/* an offset in the packet */
	ORIGIN_MEMORY,		/* a variable, or what a helper gave */
	ORIGIN_CONTEXT,		/* skb->data */
};
/* Where a pointer, or a number that becomes one, comes from; `depth` limits how far back that is followed. */
enum origin pointer_origin(LLVMValueRef function, LLVMValueRef value, int depth);

/* The tag of the struct that the function's first parameter points to: "__sk_buff"; "" if it points to something
 * else, NULL if the function has no such parameter. */
const char *context_struct(LLVMContextRef context, LLVMValueRef function);
#endif
