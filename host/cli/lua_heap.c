/* SPDX-License-Identifier: MIT
 *
 * LuaJIT's heap grows by segments that are all used: the kernel gives each in one go rather than in 32 page faults,
 * which are a tenth of a script's start in a virtual machine. LuaJIT has no option for it; luatrace is linked with
 * --wrap.
 */
#include <stddef.h>
#include <sys/mman.h>

/* Of lj_alloc.c: DEFAULT_GRANULARITY. */
enum { SEGMENT = 128 << 10 };

/* By either name, as LuaJIT was compiled. */
void *__wrap_mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset)
	__attribute__((alias("__wrap_mmap")));
void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (length == SEGMENT && (flags & MAP_ANONYMOUS) && protection == (PROT_READ | PROT_WRITE))
		flags |= MAP_POPULATE;
	return __real_mmap(address, length, protection, flags, fd, offset);
}
