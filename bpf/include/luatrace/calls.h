/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * Calls under way: what one was given is kept, by thread and function, until it returns. Of more than there is room
 * for, and of calls that never return, the oldest are forgotten. Before 6.17 each CPU may have 128 free places of its
 * own: on machines of many CPUs the room is so much less.
 */
#ifndef __LT_CALLS_H
#define __LT_CALLS_H

struct lt_call { u64 thread, function; };

/* A map of what calls were given, values of TYPE, with room for MAX of them at a time. */
#define BPF_CALLS(MAP, TYPE, MAX) BPF_TABLE("lru_hash", struct lt_call, TYPE, MAP, MAX)

/* Keeps *GIVEN of the current thread's call. FUNCTION is a number that tells functions apart which call each other. */
#define begin_call(MAP, FUNCTION, GIVEN) do { \
	struct lt_call lt_call = { bpf_get_current_pid_tgid(), FUNCTION }; \
	MAP.update(&lt_call, GIVEN); \
} while (0)

/* What it was given, while the call is under way; NULL if that is not kept. */
#define find_call(MAP, FUNCTION) ({ \
	struct lt_call lt_call = { bpf_get_current_pid_tgid(), FUNCTION }; \
	MAP.lookup(&lt_call); \
})

/* Whether the call was kept; it is no more, and *TO is what it was given. */
#define end_call(MAP, FUNCTION, TO) ({ \
	struct lt_call lt_call = { bpf_get_current_pid_tgid(), FUNCTION }; \
	typeof(TO) lt_given = MAP.lookup(&lt_call); \
	bool lt_kept = lt_given; \
	if (lt_kept) { \
		*(TO) = *lt_given; \
		MAP.delete(&lt_call); \
	} \
	lt_kept; \
})

#endif
