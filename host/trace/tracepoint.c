/* SPDX-License-Identifier: MIT
 *
 * Tracepoints, by perf. Uses target: "category:event" or "category/event", or a pattern of the former.
 */
#include "many.h"
#include "list.h"
#include "near.h"
#include "object.h"
#include "perf_open.h"
#include "tracefs.h"
#include "tracepoint_list.h"
#include "../symbols/pattern.h"
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
		return 0;
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

/* Opens the event, or says why not. */
static int open_event(struct lt_link *link, const char *target, lt_error *err)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .sample_period = 1, .wakeup_events = 1 };
	const char *event = strchr(target, ':') + 1;
	char category[256];
	int id, fd;

	snprintf(category, sizeof(category), "%.*s", (int)(event - 1 - target), target);
	id = lt_tracepoint_id(category, event);
	if (id == -ENOENT || id == -ENODEV)
		return attach_missing(link, target, category, event, err);
	if (id == -EACCES || id == -EPERM)
		return lt_fail(err, id, "tracepoint '%s': this user may not read %s; run as root, or remount it with a "
			       "group of yours (-o remount,gid=…)", target, lt_tracefs(NULL));
	if (id < 0)
		return explain(id, target, err);
	attr.config = (uint64_t)id;
	fd = lt_perf_open(&attr, -1, 0);
	return fd < 0 ? explain(fd, target, err) : fd;
}

static int attach_one(struct lt_link *link, int prog_fd, const char *target, lt_error *err)
{
	int fd = open_event(link, target, err), code;

	/* 0: another program's probe does for this one */
	if (fd <= 0)
		return fd;
	code = lt_perf_attach(link, fd, prog_fd);
	return code ? lt_perf_attach_failed(err, code, "tracepoint", target) : 0;
}

struct each {
	const struct lt_tracepoint_list *list;
	int prog_fd;
};

static const char *name_of(void *arg, uint32_t index)
{
	const struct each *each = arg;

	return each->list->names[index];
}

static int attach_index(struct lt_link *link, void *arg, uint32_t index, lt_error *err)
{
	const struct each *each = arg;

	return attach_one(link, each->prog_fd, name_of(arg, index), err);
}

static int attach_pattern(struct lt_link *link, int prog_fd, const char *pattern, int32_t form, lt_error *err)
{
	struct lt_tracepoint_list list;
	struct each each = { &list, prog_fd };
	struct lt_many many = {
		.name = name_of, .one = attach_index, .arg = &each, .why = "each is attached to by itself",
	};
	char subject[300];
	int code;

	snprintf(subject, sizeof(subject), "tracepoint '%.200s'", pattern);
	code = lt_tracepoint_list(&list, pattern, form, subject, err);
	if (code)
		return code;
	many.count = list.count;
	link->mechanism = "perf tracepoint";
	if (!list.count)
		code = lt_fail(err, -ENOENT, "%s: matches no tracepoint of this kernel", subject);
	else if (lt_link_set_target(link, "%s", pattern))
		code = lt_fail(err, -ENOMEM, "%s: out of memory", subject);
	else
		code = lt_attach_each(link, pattern, &many, err);
	lt_tracepoint_list_free(&list);
	return code;
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	int32_t form = lt_pattern_form(opts->pattern, opts->target);
	char target[256], *colon;

	if (form)
		return attach_pattern(link, prog_fd, opts->target, form, err);
	snprintf(target, sizeof(target), "%s", opts->target);
	colon = strchr(target, ':');
	if (!colon)
		colon = strchr(target, '/');
	if (!colon || colon == target || !colon[1])
		return lt_fail(err, -EINVAL, "tracepoint '%s': not of the form category:event", opts->target);
	*colon = ':';
	link->mechanism = "perf tracepoint";
	if (lt_link_set_target(link, "%s", target))
		return lt_fail(err, -ENOMEM, "tracepoint '%s': out of memory", target);
	return attach_one(link, prog_fd, target, err);
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
	.list = lt_list_tracepoints,
	.supported = supported,
};
