/* SPDX-License-Identifier: MIT
 *
 * An ELF file together with the separate file that has the symbols it was stripped of, where there is one: by build
 * id, or by the name and checksum in .gnu_debuglink.
 */
#ifndef LT_ELF_FILE_H
#define LT_ELF_FILE_H
#include "elf.h"

typedef struct lt_elf_file {
	lt_elf elf;
	lt_elf debug;		/* only if debug_fd is not negative */
	int fd, debug_fd;	/* what it has to close, or -1 */
} lt_elf_file;

/* `fd` stays the caller's and must stay open; `root` (see root.h) is where debug files are looked for, then in ours.
 * 0, -ENOEXEC, -ENOMEM; that there is no debug file is no error. */
int lt_elf_file_open(lt_elf_file *file, int fd, int root);
/* The same of a path as lt_find_library() gives it; `kind` is whose message it is. -ENOENT, -EISDIR... */
int lt_elf_file_open_path(lt_elf_file *file, const char *kind, const char *path, lt_error *err);
void lt_elf_file_close(lt_elf_file *file);
/* As lt_elf_each_symbol(): those of the file, then those of its debug file. Addresses mean the same in both. */
int lt_elf_file_each_symbol(lt_elf_file *file, lt_elf_each_fn *each, void *arg);

#endif
