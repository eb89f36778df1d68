/* SPDX-License-Identifier: MIT
 *
 * Closing the last descriptor of a perf tracepoint takes 70 ms on 6.18, of a perf uprobe 100: the kernel waits for
 * three grace periods and more. One is waited for when the program is taken off (synchronize_rcu_tasks_trace() in
 * perf_event_detach_bpf_prog()), which threads share; the others with event_mutex held (perf_trace_event_unreg(),
 * uprobe_unregister_sync()), for one descriptor after the other whatever closes them. Eight tracepoints take 550 to
 * 940 ms one by one, 370 so, 540 when the process ends with them open; twelve uprobes of a process 1600, 1200, 2560.
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
