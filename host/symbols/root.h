/* SPDX-License-Identifier: MIT
 *
 * A process's view of the file system: containers have their own root and mounts, where a path means another file.
 */
#ifndef LT_ROOT_H
#define LT_ROOT_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A descriptor of the process's root, or -1 when it sees the files that we see (or when that cannot be told). */
int lt_root_open(int32_t pid);
/* The same for a path as lt_root_path() writes it: -1 if it leads through no process's root. */
int lt_root_open_of(const char *path);
/* Opens a regular file under `root` (-1: ours) for reading; symbolic links resolve inside it. Descriptor or -errno. */
int lt_root_open_file(int root, const char *path);
/* The same for a file that is no symbolic link and belongs to `owner` or root, else -ELOOP and -EPERM: for places where
 * anyone may put one. */
int lt_root_open_own_file(int root, const char *path, uid_t owner);
/* Opens the file that the process's maps show with this path, device and inode. -ESTALE: it is another one by now. */
int lt_root_open_mapped(int root, const char *path, dev_t dev, uint64_t inode);
/* Opens a directory the same way. */
int lt_root_open_directory(int root, const char *path);
/* Writes a path that means, to us, what `inner` means to the process: itself when `root` is -1, else one through
 * /proc/PID/root. -ENOENT, -ENAMETOOLONG... */
int lt_root_path(int root, int32_t pid, const char *inner, char *path, size_t size);

#endif
