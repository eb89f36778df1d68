/* SPDX-License-Identifier: MIT
 *
 * Waiting for whatever the process waits for: outputs, a child's end, standard input, signals. Below its watermark a
 * ring says nothing, so no wait is longer than the smallest latency of the outputs that are open.
 */
#include "wait.h"
#include "output.h"
#include "../signals.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* A signal that comes between the look at the flag and the wait is noticed this much later at worst. */
enum { SLICE_MS = 50 };
enum { FIRST_WAIT_NS = 1000000 };

/* Of the process, as lt_wait() is; there is an epoll descriptor only while there is something in it. */
static struct lt_output *open_outputs;
static int epoll_fd = -1;
static int watched;

/* What an output waits for at first is often there at once (a script that ends with its first event), so waits begin
 * short when one opens and double from there to its latency: 6 more wake-ups, once. */
static uint64_t first_waits_ns;

void lt_wait_add(struct lt_output *output)
{
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

/* One wait of at most `ns`. 1: something is worth reading, 0: nothing came. */
static int wait_slice(uint64_t ns)
{
	struct epoll_event events[16];
	uint64_t ms = ns > SLICE_MS * 1000000ull ? SLICE_MS : (ns + 999999) / 1000000;
	int count;

	if (epoll_fd < 0)
		return lt_sleep(ms * 1000000);
	count = epoll_wait(epoll_fd, events, sizeof(events) / sizeof(events[0]), (int)ms);
	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	return count > 0;
}

int lt_wait(int32_t timeout_ms, lt_error *err)
{
	uint64_t start = lt_now(), latency = next_latency_ns(latency_ns());
	uint64_t timeout = timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * 1000000;
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
		code = wait_slice(passed < limit ? limit - passed : 0);
		if (code < 0 && code != -EINTR)
			return lt_fail(err, code, "wait: %s", strerror(-code));
		if (code > 0)
			return lt_interrupted() ? -EINTR : 1;
		if (!timeout_ms)
			return lt_interrupted() ? -EINTR : 0;
	}
}
