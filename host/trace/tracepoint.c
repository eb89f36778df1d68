/* SPDX-License-Identifier: MIT
 *
 * Tracepoints, by perf. Uses target: "category:event" or "category/event".
 */
#include "near.h"
#include "object.h"
#include "perf_open.h"
#include "tracefs.h"
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* tracepoint__CATEGORY__EVENT: either name may hold "__" itself, so the split is the first that exists. */
static void split_name(const char *rest, char *target, size_t size)
{
	const char *first = strstr(rest, "__");
	char category[128];

	if (!first) {
		snprintf(target, size, "%s", rest);
		return;
	}
	for (const char *at = first; at; at = strstr(at + 1, "__")) {
		/* A name with one way to split needs no look at tracefs. */
		if (at == first && !strstr(at + 1, "__"))
			break;
		snprintf(category, sizeof(category), "%.*s", (int)(at - rest), rest);
		if (!lt_tracepoint_exists(category, at + 2))
			continue;
		snprintf(target, size, "%s:%s", category, at + 2);
		return;
	}
	snprintf(target, size, "%.*s:%s", (int)(first - rest), rest, first + 2);
}

static void parse(const char *word, const char *rest, char *target, size_t size)
{
	char *slash;

	if (strstr(word, "__")) {
		split_name(rest, target, size);
		return;
	}
	snprintf(target, size, "%s", rest);
	slash = strchr(target, '/');
	if (slash)
		*slash = ':';
}

static bool is_traced(const struct lt_object *object, const char *category, const char *event)
{
	char target[520];

	snprintf(target, sizeof(target), "%s:%s", category, event);
	for (uint32_t i = 0; i < object->program_count; i++)
		if (object->programs[i].ops == &lt_tracepoint_ops && !strcmp(object->programs[i].target, target))
			return true;
	return false;
}

/* An object that traces what an event has become part of gets it there, and a second time would be one too many. */
static int attach_missing(struct lt_link *link, const char *target, const char *category, const char *event,
			  lt_error *err)
{
	const char *merged = lt_tracepoint_merged(category, event);
	char names[LT_NEAR_SIZE];
	lt_similar similar;

	if (!lt_tracefs(err))
		return -ENODEV;
	if (merged && is_traced(link->object, category, merged)) {
		lt_verbose(1, "tracepoint '%s': this kernel has its events in '%s:%s', which is traced too, so '%s' gets none",
			   target, category, merged, link->program->name);
		link->mechanism = "another program's probe";
		return lt_link_set_target(link, "%s", target);
	}
	if (merged && lt_tracepoint_exists(category, merged))
		return lt_fail(err, -ENOENT, "tracepoint '%s': no such tracepoint in this kernel; '%s:%s' has its events, and "
			       "others beside", target, category, merged);
	lt_similar_start(&similar, target);
	lt_tracepoint_offer(&similar, false);
	lt_near_write(&similar, names, sizeof(names));
	return lt_fail(err, -ENOENT, "tracepoint '%s': no such tracepoint in this kernel%s", target, names);
}

static int explain(int code, const char *target, lt_error *err)
{
	char text[256];

	if (code == -EPERM || code == -EACCES) {
		lt_perf_privilege(text, sizeof(text));
		return lt_fail(err, code, "tracepoint '%s': %s", target, text);
	}
	return lt_fail(err, code, "tracepoint '%s': the kernel refused it: %s", target, strerror(-code));
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .sample_period = 1, .wakeup_events = 1 };
	char target[256], category[256];
	char *colon;
	int id, fd, code;

	snprintf(target, sizeof(target), "%s", opts->target);
	colon = strchr(target, ':');
	if (!colon)
		colon = strchr(target, '/');
	if (!colon || colon == target || !colon[1])
		return lt_fail(err, -EINVAL, "tracepoint '%s': not of the form category:event", opts->target);
	*colon = ':';
	snprintf(category, sizeof(category), "%.*s", (int)(colon - target), target);
	id = lt_tracepoint_id(category, colon + 1);
	if (id == -ENOENT || id == -ENODEV)
		return attach_missing(link, target, category, colon + 1, err);
	if (id == -EACCES || id == -EPERM)
		return lt_fail(err, id, "tracepoint '%s': this user may not read %s; run as root, or remount it with a "
			       "group of yours (-o remount,gid=…)", target, lt_tracefs(NULL));
	if (id < 0)
		return explain(id, target, err);
	attr.config = (uint64_t)id;
	fd = lt_perf_open(&attr, -1, 0);
	if (fd < 0)
		return explain(fd, target, err);
	link->mechanism = "perf tracepoint";
	code = lt_link_set_target(link, "%s", target);
	if (code)
		close(fd);
	else
		code = lt_perf_attach(link, fd, prog_fd);
	return code ? lt_perf_attach_failed(err, code, "tracepoint", target) : 0;
}

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	lt_error reason = { 0 };
	int code;

	(void)ops;
	if (lt_tracefs(&reason))
		return 0;
	code = lt_fail(err, -ENODEV, "tracepoint: %s; a raw tracepoint needs no tracefs", reason.message);
	lt_error_clear(&reason);
	return code;
}

const struct lt_probe_ops lt_tracepoint_ops = {
	.name = "tracepoint",
	.prefix = "tracepoint__",
	.sections = (const char *const[]){ "tracepoint", "tp", NULL },
	.contexts = (const char *const[]){ "tracepoint__", "trace_event_raw_", NULL },
	.prog_type = BPF_PROG_TYPE_TRACEPOINT,
	.parse = parse,
	.attach = attach,
	.supported = supported,
};
