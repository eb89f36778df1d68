/* SPDX-License-Identifier: MIT
 *
 * The part of the ABI that shows: the kernel's types, and programs as the kernel holds them. Included by luatrace.h,
 * whose conventions hold.
 */
#ifndef LUATRACE_TYPES_H
#define LUATRACE_TYPES_H

/* ---- kernel types ----------------------------------------------------------------------------------------------- */

/* The types of the running kernel and of its modules, as they were at lt_types_open(), which takes about 10 ms. A name
 * may have "struct ", "union " or "enum " ahead. What an identifier can't have is written as \xNN. */
typedef struct lt_types lt_types;
LT_API int lt_types_open(lt_types **out, lt_error *err);
LT_API void lt_types_free(lt_types *types);
/* A type, function or variable as C text with each member's place and size, once for each of several that differ; or
 * the way to a member, "task_struct.mm->pgd" ("." and "->" are one, "[N]" an element), and the type that it leads to.
 * `out` to be freed. -ENOENT: no such type, or no such member; -EINVAL, -ERANGE: not a way. */
LT_API int lt_types_describe(lt_types *types, const char *what, lt_blob *out, lt_error *err);

/* How a type is used: members that are pointers to it, members that are of it, functions that take it or a pointer to
 * it, functions that return one. */
enum { LT_TYPE_POINTS = 0, LT_TYPE_HOLDS = 1, LT_TYPE_TAKES = 2, LT_TYPE_RETURNS = 3 };
/* By whom: "KIND WHERE", a tab, the type of the member or the function, a tab, the module's name ("" of the kernel); a
 * line each, sorted; KIND is LT_TYPE_*. Returns how many; `out` to be freed. -ENOENT: no such type; -EINVAL: it is no
 * struct, union, enum or typedef. */
LT_API int lt_types_users(lt_types *types, const char *name, lt_blob *out, lt_error *err);
/* Names of structs, unions, enums and typedefs that begin with `prefix`, a line each, sorted, at most `limit`. Returns
 * how many; `out` to be freed. The first call sorts them all, for 10 ms. */
LT_API int lt_types_names(lt_types *types, const char *prefix, uint32_t limit, lt_blob *out, lt_error *err);

/* ---- programs as the kernel holds them --------------------------------------------------------------------------- */

/* What lt_program_disassemble() writes: the program's instructions after verification; the native code made of them; in
 * both the lines of the text ahead of what was made of them. */
enum { LT_DISASM_BPF = 1, LT_DISASM_NATIVE = 2, LT_DISASM_SOURCE = 4 };
/* A loaded program as text (`out` to be freed), lines of the text as "; LINE @ program.c:NUMBER". What the kernel hides
 * (kernel.kptr_restrict), or does not have (its JIT is off), is said in a line instead. Native code is read by
 * luatrace-cc. -ENOENT: no such program, or it is not loaded; or what lt_compile() fails with. */
LT_API int lt_program_disassemble(const lt_object *object, const char *program, uint32_t parts, lt_blob *out,
				  lt_error *err);

/* How often a program ran and for how many nanoseconds in all, as far as that was counted. -ENOENT: no such program, or
 * it is not loaded. */
LT_API int lt_program_stats(const lt_object *object, const char *program, uint64_t *runs, uint64_t *ns);
/* Has the kernel count runs, of all programs, until the descriptor is closed (lt_map_close()); each run takes a little
 * longer. -EPERM; -EINVAL: before 5.8. */
LT_API int lt_stats_enable(lt_error *err);

#endif
