/* SPDX-License-Identifier: MIT
 *
 * What a compile usually needs as heap, in huge pages, and what is before the first of them in one go, instead of a
 * thousand small pages that are faulted in one by one.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 4096, HUGE_PAGE = 2 << 20, USUAL_HEAP = 3 * HUGE_PAGE };

static uintptr_t round_up(uintptr_t address, uintptr_t to)
{
	return (address + to - 1) & -to;
}

/* Before the first constructor of LLVM allocates. A kernel that knows neither huge pages nor populating (5.14) says no,
 * and nothing is lost. */
__attribute__((constructor(101))) static void prepare_heap(void)
{
	uintptr_t begin, huge, end;
	void *heap;

	mallopt(M_MMAP_THRESHOLD, 2 * USUAL_HEAP);
	mallopt(M_TRIM_THRESHOLD, 16 * USUAL_HEAP);
	heap = malloc(USUAL_HEAP);
	if (!heap)
		return;
	begin = round_up((uintptr_t)heap, PAGE);
	huge = round_up(begin, HUGE_PAGE);
	end = ((uintptr_t)heap + USUAL_HEAP) & -(uintptr_t)HUGE_PAGE;
	madvise((void *)begin, huge - begin, MADV_POPULATE_WRITE);
	madvise((void *)huge, end - huge, MADV_HUGEPAGE);
	free(heap);
}
