/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Counters and locks, read as the plain numbers that they are. */
#define atomic_read(v) ((v)->counter)
#define atomic64_read(v) ((v)->counter)
#define atomic_long_read(v) ((v)->counter)
#define atomic_read_acquire(v) ((v)->counter)
#define atomic_inc(v) ((void)__sync_fetch_and_add(&(v)->counter, 1))
#define refcount_read(r) ((r)->refs.counter)
#define kref_read(kref) ((kref)->refcount.refs.counter)
#define local_read(l) ((l)->a.counter)
#define local64_read(l) ((l)->a.a.counter)
#define percpu_counter_read(counter_struct) ((counter_struct)->count)
#define percpu_counter_read_positive(counter_struct) ({ s64 __lt_pcr = (counter_struct)->count; \
	__lt_pcr > 0 ? __lt_pcr : 0; })
#define page_counter_read(counter_struct) ((unsigned long)(counter_struct)->usage.counter)
#define ATOMIC_INIT(i) { (i) }
#define __mutex_owner(lock) ((struct task_struct *)((lock)->owner.counter & ~7l))
#define mutex_is_locked(lock) (((lock)->owner.counter & ~7l) != 0)
#define rwsem_is_locked(sem) ((sem)->count.counter != 0)
#define u64_stats_read(stats) ((stats)->v.a.a.counter)
