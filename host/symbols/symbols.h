/* SPDX-License-Identifier: MIT
 *
 * What the tracing side needs to know about symbols: where in a file a uprobe goes, which file a name means, and
 * which names are near to one that does not exist.
 */
#ifndef LT_SYMBOLS_H
#define LT_SYMBOLS_H
#include "../luatrace.h"
#include "pattern.h"
#include "similar.h"

/* File offset and ELF address of the place `within` bytes into a function (of .symtab, .dynsym, and of the debug file
 * of a stripped file; "name@@VERSION" means name, and of several versions the default one). Either result may be NULL.
 * -ENOENT: no such file or function (the message names near ones); -ENOEXEC: not an ELF file one could run or link to;
 * -ERANGE: the function is shorter; -ENOTSUP: an IFUNC, whose address is its resolver's. */
int lt_elf_symbol_offset(const char *path, const char *symbol, uint64_t within, uint64_t *file_offset,
			 uint64_t *address, lt_error *err);
/* The ELF address of the function that an IFUNC of a file that this process has loaded too stands for, or -ENOENT. */
int lt_ifunc_address(const char *path, const char *symbol, uint64_t *address);
/* -ERANGE: no code of the file is loaded at this address. */
int lt_elf_address_offset(const char *path, uint64_t address, uint64_t *file_offset, lt_error *err);

/* The file that `name` means. With a slash it is a path; else a library ("ssl", "libssl.so.3") or program ("bash"):
 * among the files that `pid` has mapped, in the dynamic linker's cache, its default directories, and PATH. With a
 * `pid` of 0 or more (0: this process) all is seen as that process sees it, and `path` comes back as
 * the root link of /proc/PID when it lives in another mount namespace or root. `kind`: whose message it is. */
int lt_find_library(const char *kind, const char *name, int32_t pid, char *path, size_t size, lt_error *err);

/* When a process started, in clock ticks since boot, which tells it from a later one with its id; 0: there is none. */
uint64_t lt_process_start_time(int32_t pid);

/* Kernel functions that a pattern matches: see lt_ksyms_match(). Addresses are 0 where the kernel hides them; names
 * live until the process ends. */
typedef int lt_ksym_visitor(void *arg, const char *name, uint64_t address);
int lt_ksym_match(const struct lt_pattern *pattern, lt_ksym_visitor *each, void *arg, lt_error *err);

/* Up to 5 kernel functions with names near to `name`, "a, b, c", for a message. Returns how many; `out` is empty when
 * there are none. */
int lt_ksym_similar(const char *name, char *out, size_t size);

#endif
