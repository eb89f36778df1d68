/* SPDX-License-Identifier: MIT
 *
 * What clang says of the types of a relocated access (llvm.preserve.*.access.index): LLVM's C interface does not read
 * them.
 */
#ifndef LT_CC_ACCESS_TYPES_H
#define LT_CC_ACCESS_TYPES_H
#include <llvm-c/Types.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether a call of llvm.preserve.struct.access.index is of a bit-field; of one, where it begins in its struct and how
 * many bits it has. */
bool access_is_bit_field(LLVMValueRef call, uint64_t *offset, uint64_t *size);
/* The pointer that the relocation begins at: accesses that one expression makes, a->b.c, are one. */
LLVMValueRef access_root(LLVMValueRef call);
/* How many bytes an element of an array has in the kernel that the object is loaded in, 32 bits, made where `builder`
 * stands; `type` is what it has here. NULL: `array` is no access of a member. */
LLVMValueRef access_element_size(LLVMBuilderRef builder, LLVMValueRef array, LLVMTypeRef type);

#ifdef __cplusplus
}
#endif
#endif
