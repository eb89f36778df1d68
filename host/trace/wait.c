/* SPDX-License-Identifier: MIT
 *
 * Waiting for whatever the process waits for: outputs, a child's end, standard input, signals. Below its watermark a
 * ring says nothing, so no wait is longer than the smallest latency of the outputs that are open; but when nothing has
 * come for a while, the rings are told to wake us by their next record, and we doze.
 */
#include "wait.h"
#include "output.h"
#include "../signals.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { MOST_WAIT_MS = 3600 * 1000 };
/* A signal that comes between the look at the flags and the wait would be slept through. In one so short that does not
 * matter, and two system calls are spared. */
enum { SHORT_WAIT_MS = 50 };
enum { FIRST_WAIT_NS = 1000000 };
/* Not less than how often a loss is said (output.lua): it would wait for us to wake up. */
#define DOZE_AFTER_NS 1000000000ull
/* A loss without a record (one larger than its ring) wakes nobody. */
#define DOZE_NS 1000000000ull
/* A script that waits for a moment only is away between two waits: nobody is to be woken then. */
#define LEAST_DOZE_NS 200000000ull

/* Of the process, as lt_wait() is; there is an epoll descriptor only while there is something in it. */
static struct lt_output *open_outputs;
static int epoll_fd = -1;
static int watched;

/* What an output waits for at first is often there at once (a script that ends with its first event), so waits begin
 * short when one opens and double from there to its latency: 6 more wake-ups, once. */
static uint64_t first_waits_ns;

static bool had_record;		/* since the last wait began */
static uint64_t quiet_since;
static bool dozing, settled;	/* settled: what came while the rings were told has been looked for */

void lt_wait_had_record(void)
{
	had_record = true;
}

static void wake_up(void)
{
	if (dozing)
		for (struct lt_output *output = open_outputs; output; output = output->next_open)
			output->ops->doze(output, false);
	dozing = settled = false;
}

static void fall_asleep(uint64_t now)
{
	dozing = true;
	for (struct lt_output *output = open_outputs; output; output = output->next_open) {
		if (output->ops->doze(output, true)) {
			wake_up();
			quiet_since = now;	/* not to be tried again at once */
			return;
		}
	}
}

void lt_wait_add(struct lt_output *output)
{
	wake_up();
	quiet_since = lt_now();
	output->next_open = open_outputs;
	open_outputs = output;
	first_waits_ns = FIRST_WAIT_NS;
}

static uint64_t next_latency_ns(uint64_t latency)
{
	uint64_t wait = first_waits_ns;

	if (!wait || wait >= latency) {
		first_waits_ns = 0;
		return latency;
	}
	first_waits_ns *= 2;
	return wait;
}

void lt_wait_remove(struct lt_output *output)
{
	struct lt_output **at = &open_outputs;

	while (*at && *at != output)
		at = &(*at)->next_open;
	if (*at)
		*at = output->next_open;
}

static void close_unused(void)
{
	if (watched || epoll_fd < 0)
		return;
	close(epoll_fd);
	epoll_fd = -1;
}

int lt_wait_add_fd(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int code = 0;

	if (epoll_fd < 0)
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		return -errno;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event))
		code = -errno;
	else
		watched++;
	close_unused();
	return code;
}

void lt_wait_remove_fd(int fd)
{
	if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL))
		return;
	watched--;
	close_unused();
}

static uint64_t latency_ns(void)
{
	uint64_t least = UINT64_MAX;

	for (const struct lt_output *output = open_outputs; output; output = output->next_open)
		if (output->latency_ms * 1000000ull < least)
			least = output->latency_ms * 1000000ull;
	return least;
}

/* How long the outputs let a wait be that lasts `timeout` otherwise. */
static uint64_t outputs_ns(uint64_t now, uint64_t timeout)
{
	if (!open_outputs)
		return UINT64_MAX;
	if (had_record)
		quiet_since = now;
	had_record = false;
	if (now - quiet_since < DOZE_AFTER_NS || timeout < LEAST_DOZE_NS)
		wake_up();
	else if (dozing)
		settled = true;
	else
		fall_asleep(now);
	return settled ? DOZE_NS : next_latency_ns(latency_ns());
}

/* One wait of at most `ns`. 1: something is worth reading, 0: nothing came, or a signal. */
static int wait_once(uint64_t ns)
{
	struct epoll_event events[16];
	uint64_t ms = ns > MOST_WAIT_MS * 1000000ull ? MOST_WAIT_MS : (ns + 999999) / 1000000;
	sigset_t all, before;
	bool is_short = ms <= SHORT_WAIT_MS;
	int count = 0, error = 0;

	sigfillset(&all);
	if (!is_short)
		sigprocmask(SIG_SETMASK, &all, &before);
	if (!lt_interrupted() && !lt_signal_pending()) {
		const struct timespec time = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };

		if (epoll_fd < 0)
			count = ppoll(NULL, 0, &time, is_short ? NULL : &before);
		else
			count = epoll_pwait(epoll_fd, events, sizeof(events) / sizeof(events[0]), (int)ms,
					    is_short ? NULL : &before);
		error = errno;
	}
	if (!is_short)
		sigprocmask(SIG_SETMASK, &before, NULL);
	if (count < 0)
		return error == EINTR ? 0 : -error;
	return count > 0;
}

int lt_wait(int32_t timeout_ms, lt_error *err)
{
	uint64_t timeout = timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * 1000000;
	uint64_t start = lt_now(), latency = outputs_ns(start, timeout);
	uint64_t limit = timeout < latency ? timeout : latency;

	for (;;) {
		uint64_t passed = lt_now() - start;
		int code;

		if (lt_interrupted())
			return -EINTR;
		if (lt_signal_pending())
			return 1;
		if (passed >= limit && timeout_ms)
			return limit < timeout;
		code = wait_once(passed < limit ? limit - passed : 0);
		if (code < 0)
			return lt_fail(err, code, "wait: %s", strerror(-code));
		if (code > 0 && dozing) {
			wake_up();	/* not again by each record of many */
			quiet_since = lt_now();
		}
		if (code > 0)
			return lt_interrupted() ? -EINTR : 1;
		if (!timeout_ms)
			return lt_interrupted() ? -EINTR : 0;
	}
}
