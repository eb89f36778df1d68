/* SPDX-License-Identifier: MIT
 *
 * A map made by the compiler: a global in .maps whose type says, in BTF, what the map is. LLVM makes BTF of debug
 * info, and clang's own compile unit can't be added to, so there is another for these.
 */
#include "scratch.h"
#include <llvm-c/DebugInfo.h>
#include <stdio.h>
#include <string.h>

enum { PERCPU_ARRAY = 6, DWARF_SIGNED = 5 };

struct debug_info {
	LLVMDIBuilderRef builder;
	LLVMMetadataRef file, integer;
};

static struct debug_info open_debug_info(struct lowering *lowering)
{
	struct debug_info info = { .builder = LLVMCreateDIBuilder(lowering->module) };
	static const char name[] = "luatrace";

	info.file = LLVMDIBuilderCreateFile(info.builder, name, strlen(name), "", 0);
	LLVMDIBuilderCreateCompileUnit(info.builder, LLVMDWARFSourceLanguageC11, info.file, name, strlen(name), 1, "", 0,
				       0, "", 0, LLVMDWARFEmissionFull, 0, 0, 0, "", 0, "", 0);
	info.integer = LLVMDIBuilderCreateBasicType(info.builder, "int", strlen("int"), 32, DWARF_SIGNED, LLVMDIFlagZero);
	return info;
}

/* int (*name)[value] */
static LLVMMetadataRef member(const struct debug_info *info, const char *name, unsigned long long value, unsigned index)
{
	LLVMMetadataRef range = LLVMDIBuilderGetOrCreateSubrange(info->builder, 0, value);
	LLVMMetadataRef array = LLVMDIBuilderCreateArrayType(info->builder, 32 * value, 32, info->integer, &range, 1);
	LLVMMetadataRef type = LLVMDIBuilderCreatePointerType(info->builder, array, 64, 64, 0, "", 0);

	return LLVMDIBuilderCreateMemberType(info->builder, info->file, name, strlen(name), info->file, 1, 64, 64, 64 * index,
					     LLVMDIFlagZero, type);
}

LLVMValueRef scratch_map(struct lowering *lowering, const char *function, unsigned long long entry_size,
			 unsigned entries)
{
	LLVMTypeRef pointer = LLVMPointerTypeInContext(lowering->context, 0);
	LLVMTypeRef parts[4] = { pointer, pointer, pointer, pointer };
	LLVMTypeRef type = LLVMStructTypeInContext(lowering->context, parts, 4, 0);
	struct debug_info info = open_debug_info(lowering);
	LLVMMetadataRef members[4] = {
		member(&info, "type", PERCPU_ARRAY, 0),
		member(&info, "key_size", sizeof(unsigned), 1),
		member(&info, "value_size", entry_size, 2),
		member(&info, "max_entries", entries, 3),
	};
	LLVMMetadataRef definition, variable;
	LLVMValueRef map;
	char name[300];

	snprintf(name, sizeof(name), "__lt_scratch_%s", function);
	for (char *at = name; *at; at++)
		if (*at == '.')
			*at = '_';
	map = LLVMAddGlobal(lowering->module, type, name);
	LLVMSetInitializer(map, LLVMConstNull(type));
	LLVMSetSection(map, ".maps");
	LLVMSetAlignment(map, 8);
	definition = LLVMDIBuilderCreateStructType(info.builder, info.file, "", 0, info.file, 1, 4 * 64, 64, LLVMDIFlagZero,
						   NULL, members, 4, 0, NULL, "", 0);
	variable = LLVMDIBuilderCreateGlobalVariableExpression(info.builder, info.file, name, strlen(name), name, strlen(name),
							       info.file, 1, definition, 0,
							       LLVMDIBuilderCreateExpression(info.builder, NULL, 0), NULL, 64);
	LLVMGlobalSetMetadata(map, LLVMGetMDKindIDInContext(lowering->context, "dbg", 3), variable);
	LLVMDIBuilderFinalize(info.builder);
	LLVMDisposeDIBuilder(info.builder);
	return map;
}
