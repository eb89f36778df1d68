/* SPDX-License-Identifier: MIT
 *
 * Closing the last descriptor of a perf tracepoint or probe takes long: 27 to 88 ms on 6.18, probably the kernel's
 * RCU grace periods. Eight tracepoints closed at once took 291 ms, one after the other 626.
 */
#include "close_many.h"
#include <pthread.h>
#include <unistd.h>

enum { MOST_THREADS = 16 };

struct work {
	const int *fds;
	uint32_t count;
	uint32_t next;
};

static void *close_next(void *argument)
{
	struct work *work = argument;
	uint32_t at;

	while ((at = __atomic_fetch_add(&work->next, 1, __ATOMIC_RELAXED)) < work->count)
		close(work->fds[at]);
	return NULL;
}

void lt_close_many(const int *fds, uint32_t count)
{
	struct work work = { fds, count, 0 };
	pthread_t threads[MOST_THREADS];
	uint32_t started = 0;

	while (started < MOST_THREADS && started + 1 < count &&
	       !pthread_create(&threads[started], NULL, close_next, &work))
		started++;
	/* This thread works too, alone if need be. */
	close_next(&work);
	while (started)
		pthread_join(threads[--started], NULL);
}
