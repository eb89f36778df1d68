/* SPDX-License-Identifier: MIT
 *
 * kretprobes with a `maxactive`, which only tracefs takes: the event there is not held by a descriptor. It carries its
 * owner's process id and start time in the name of its group, so that what a killed tracer left is known, and removed
 * by the next one.
 */
#include "kprobe.h"
#include "object.h"
#include "owner.h"
#include "perf_open.h"
#include "tracefs.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_event(const char *text)
{
	const char *tracefs = lt_tracefs(NULL);
	ssize_t length = (ssize_t)strlen(text);
	char path[128];
	int fd, code = 0;

	if (!tracefs)
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/kprobe_events", tracefs);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)length) != length)
		code = -errno;
	close(fd);
	return code;
}

static void remove_event(const char *event)
{
	char text[160];
	int code;

	snprintf(text, sizeof(text), "-:%s\n", event);
	code = write_event(text);
	if (code)
		lt_verbose(1, "kprobe event '%s': cannot be removed: %s", event, strerror(-code));
}

/* Lines are "r8:GROUP/EVENT FUNCTION". */
static void sweep(void)
{
	const char *tracefs = lt_tracefs(NULL);
	char path[128], line[1024], event[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/kprobe_events", tracefs ? tracefs : "");
	file = tracefs ? fopen(path, "re") : NULL;
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*[^:]:%159s", event) == 1 && lt_owner_is_gone(event))
			remove_event(event);
	if (file)
		fclose(file);
}

/* The event is busy while a descriptor holds it. */
static void detach(struct lt_link *link)
{
	while (link->fd_count)
		close(link->fds[--link->fd_count]);
	remove_event(link->own);
}

/* A name that no event of this process has; one that has it would get this probe as a second one. */
static int choose_name(char *group, size_t group_size, char *event, size_t event_size)
{
	int code = lt_owner_name(group, group_size);

	for (unsigned i = 0; !code && i < 65536; i++) {
		snprintf(event, event_size, "kretprobe%u", i);
		if (!lt_tracepoint_exists(group, event))
			return 0;
	}
	return code ? code : -ENOSPC;
}

static int make_event(struct lt_link *link, const char *function, uint32_t maxactive, int *id)
{
	char group[96], event[32], text[512];
	int code = choose_name(group, sizeof(group), event, sizeof(event));

	if (!code && snprintf(text, sizeof(text), "r%u:%s/%s %s\n", maxactive, group, event, function) >= (int)sizeof(text))
		code = -ENAMETOOLONG;
	if (!code)
		code = write_event(text);
	if (code)
		return code;
	snprintf(text, sizeof(text), "%s/%s", group, event);
	link->own = strdup(text);
	if (!link->own) {
		remove_event(text);
		return -ENOMEM;
	}
	link->detach = detach;
	*id = lt_tracepoint_id(group, event);
	return *id < 0 ? *id : 0;
}

int lt_kretprobe_attach_maxactive(struct lt_link *link, int prog_fd, const char *function, uint32_t maxactive,
				  lt_error *err)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .sample_period = 1, .wakeup_events = 1 };
	int id = 0, fd, code;

	if (!lt_tracefs(err))
		return -ENODEV;
	sweep();
	code = make_event(link, function, maxactive, &id);
	if (code == -EINVAL)
		return lt_fail(err, code, "kretprobe '%s': the kernel does not take maxactive %u there (4096 is the most)", function,
			       maxactive);
	if (code)
		return lt_kprobe_explain(link->ops->name, function, 0, code, err);
	attr.config = (uint64_t)id;
	fd = lt_perf_open(&attr, -1, 0);
	if (fd < 0)
		return lt_kprobe_explain(link->ops->name, function, 0, fd, err);
	link->mechanism = "tracefs kprobe";
	code = lt_perf_attach(link, fd, prog_fd);
	return code ? lt_perf_attach_failed(err, code, link->ops->name, function) : 0;
}
