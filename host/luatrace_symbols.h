/* SPDX-License-Identifier: MIT
 *
 * The part of the ABI that names things: symbols and USDT probes. Included by luatrace.h, whose conventions hold.
 */
#ifndef LUATRACE_SYMBOLS_H
#define LUATRACE_SYMBOLS_H

/* ---- symbols --------------------------------------------------------------------------------------------------- */

typedef struct lt_symbol {
	const char *name;	/* not demangled */
	const char *module;	/* "kernel" or the module's name; the mapped file's path for user addresses */
	uint64_t address;	/* of the symbol's start: in memory for the kernel and JIT code, in the file for a process */
	uint64_t offset;	/* of the address asked for, from that start */
	uint64_t id;		/* below 2^53; symbols with one id have the same name, for good */
} lt_symbol;

/* Kernel symbols, read once for the process at the first call. -ENOENT: no symbol covers the address or has the
 * name; -EPERM: addresses are hidden (kptr_restrict). Strings live until the process ends. */
LT_API int lt_ksym(uint64_t address, lt_symbol *out, lt_error *err);
LT_API int lt_ksym_address(const char *name, uint64_t *address, lt_error *err);
/* The functions of a file (`name`: a path, or a short name of a library or program; with a pid above 0 as that process
 * sees it) whose names match, as LT_PATTERN_START says: "ADDRESS NAME" and a NUL each in `out`, ADDRESS
 * hexadecimal, as in the file's symbol table, in ascending order. One address may have several names, and one name
 * several addresses. Returns how many. -ENOENT: no such file; -ENOEXEC; -EINVAL: not a regular expression. */
LT_API int lt_user_functions(const char *name, int32_t pid, const char *pattern, lt_blob *out, lt_error *err);
/* Writes a C++ or Rust name as its programmers wrote it to `out`, NUL-terminated. Returns its length; 0, and `out` is
 * empty, when it is not a mangled name, is not to be decoded, or does not fit: show it as it is then. */
LT_API uint32_t lt_demangle(const char *name, char *out, uint32_t size);
/* Whether a struct or union of the kernel's BTF has a member: 1, 0; -ENOENT: there is no such struct, or no BTF. */
LT_API int lt_kernel_has_field(const char *tag, const char *field);

/* Symbols of one process: its mapped files' .symtab and .dynsym (those of their debug files, too), [vdso], and what its
 * JIT says in /tmp/perf-PID.map. Read lazily, file by file, shared between processes. Opening reads the process's maps;
 * addresses resolve also after it has ended. A pid of 0 is no process, but has the files that are added. */
typedef struct lt_process lt_process;
LT_API int lt_process_open(int32_t pid, lt_process **out, lt_error *err);
/* The symbol that covers an address. -ENOENT: none does, and `out` has the module and the offset in it; -ERANGE:
 * nothing is known to be there, which lt_process_refresh() may change. A JIT's names are valid until the next call. */
LT_API int lt_process_symbol(lt_process *process, uint64_t address, lt_symbol *out);
/* Reads the process's maps again, for what it has mapped or compiled since. -ESRCH: it has ended; -ESTALE: and another
 * one has its pid; what was known stays. */
LT_API int lt_process_refresh(lt_process *process);
/* Reads now what would be out of reach when the process has ended: files that have no name any more, the JIT's map. */
LT_API void lt_process_keep(lt_process *process);
/* The symbol at a file offset of the file with this build id (20 bytes, a shorter one followed by zeros), as stacks of
 * BPF_STACK_TRACE_BUILDID have it. -ENOENT: no symbol covers it; -ERANGE: the process has no such file. */
LT_API int lt_process_build_id_symbol(lt_process *process, const uint8_t *id, uint64_t offset, lt_symbol *out);
/* Adds a file, to be found by its build id. */
LT_API int lt_process_add_file(lt_process *process, const char *path, lt_error *err);
LT_API void lt_process_free(lt_process *process);

/* ---- system calls ---------------------------------------------------------------------------------------------- */

/* A system call's number, by its name as its tracepoints have it ("newstat" for stat(2)); -ENOENT: there was none when
 * luatrace was built. Of this machine's own calls, not of 32-bit programs'. */
LT_API int lt_syscall_number(const char *name);
/* The other way; NULL: none of that number. */
LT_API const char *lt_syscall_name(int32_t number);

/* ---- other numbers --------------------------------------------------------------------------------------------- */

/* "ENOENT" for 2, also of those that only the kernel knows; NULL: none of that number. */
LT_API const char *lt_errno_name(int32_t number);
/* What it means, in words. */
LT_API const char *lt_errno_text(int32_t number);
/* "KILL" for 9; NULL: none of that number. Real-time signals have none. */
LT_API const char *lt_signal_name(int32_t number);

/* ---- USDT probes ----------------------------------------------------------------------------------------------- */

/* The probes of a file (`path`: a path, or a short name of a library or program; with a pid as that process sees it),
 * or, with `path` NULL, of all files that the process `pid` runs code of. -ENOENT: no such file, or it has no probes;
 * -ESRCH: no such process. The files stay open until lt_usdt_free(). */
typedef struct lt_usdt lt_usdt;
LT_API int lt_usdt_open(const char *path, int32_t pid, lt_usdt **out, lt_error *err);
LT_API void lt_usdt_free(lt_usdt *usdt);

/* One place of a probe; a probe may have many, with arguments that lie differently. */
typedef struct lt_usdt_location {
	const char *provider, *name;
	const char *arguments;	/* as the file has it: "-4@%edi 8@16(%rsp)" */
	const char *path;	/* the file, as we reach it */
	uint64_t address;	/* as in the file's symbol table */
	uint64_t semaphore;	/* address of the count of who listens, or 0 */
} lt_usdt_location;
LT_API uint32_t lt_usdt_count(const lt_usdt *usdt);
LT_API int lt_usdt_get(const lt_usdt *usdt, uint32_t index, lt_usdt_location *out);
/* Index of the first place of a probe. `provider` NULL: any, if there is but one with such a probe. -ENOENT (the
 * message names near ones), -EEXIST: several providers have it. */
LT_API int lt_usdt_find(const lt_usdt *usdt, const char *provider, const char *name, lt_error *err);

#endif
