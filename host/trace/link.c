/* SPDX-License-Identifier: MIT
 *
 * Links: what an attached program holds. Nearly all are descriptors, so that a tracer that is killed leaves nothing
 * attached.
 */
#include "close_many.h"
#include "object.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int lt_link_add_fd(struct lt_link *link, int fd)
{
	int *fds = realloc(link->fds, (link->fd_count + 1) * sizeof(*fds));

	if (!fds) {
		close(fd);
		return -ENOMEM;
	}
	link->fds = fds;
	fds[link->fd_count++] = fd;
	return 0;
}

int lt_link_set_target(struct lt_link *link, const char *format, ...)
{
	va_list args;
	char *target;
	int length;

	va_start(args, format);
	length = vasprintf(&target, format, args);
	va_end(args);
	if (length < 0)
		return -ENOMEM;
	free(link->target);
	link->target = target;
	return 0;
}

bool lt_link_same_place(const struct lt_link *a, const struct lt_link *b)
{
	return a->program == b->program && a->ops == b->ops && a->target && b->target && !strcmp(a->target, b->target);
}

static void undo(struct lt_link *link)
{
	if (link->detach)
		link->detach(link);
	link->detach = NULL;
}

static void free_link(struct lt_link *link)
{
	undo(link);
	lt_close_many(link->fds, link->fd_count);
	free(link->fds);
	free(link->places);
	free(link->target);
	free(link->own);
	free(link);
}

/* All of an object's descriptors at once: see close_many.c. */
static void close_links(lt_object *object)
{
	uint32_t count = 0, at = 0;
	int *fds;

	for (uint32_t i = 0; i < object->link_count; i++) {
		undo(object->links[i]);
		count += object->links[i]->fd_count;
	}
	fds = count > 1 ? malloc(count * sizeof(*fds)) : NULL;
	if (!fds)
		return;
	for (uint32_t i = 0; i < object->link_count; i++)
		while (object->links[i]->fd_count)
			fds[at++] = object->links[i]->fds[--object->links[i]->fd_count];
	lt_close_many(fds, count);
	free(fds);
}

void lt_links_free(lt_object *object)
{
	close_links(object);
	while (object->link_count)
		free_link(object->links[--object->link_count]);
	free(object->links);
	object->links = NULL;
}

static int keep_link(lt_object *object, struct lt_link *link)
{
	struct lt_link **links = realloc(object->links, (object->link_count + 1) * sizeof(struct lt_link *));

	if (!links)
		return -ENOMEM;
	object->links = links;
	links[object->link_count++] = link;
	return 0;
}

static int attach(lt_object *object, const struct lt_program *program, const struct lt_probe_ops *ops, int prog_fd,
		  const lt_attach_opts *opts, lt_link **out, lt_error *err)
{
	struct lt_link *link = calloc(1, sizeof(*link));
	int code;

	if (!link)
		return lt_fail(err, -ENOMEM, "program '%s': out of memory", program->name);
	link->object = object;
	link->program = program;
	link->ops = ops;
	link->numbered = opts->number_places;
	code = ops->attach(link, prog_fd, opts, err);
	if (!code && keep_link(object, link))
		code = lt_fail(err, -ENOMEM, "program '%s': out of memory", program->name);
	if (code) {
		free_link(link);
		return code;
	}
	lt_verbose(1, "program '%s': attached to %s '%s' by %s", program->name, ops->name, link->target,
		   link->mechanism);
	if (out)
		*out = link;
	return 0;
}

/* The kind that `opts` ask for, or the program's own; of its variants the one of the attach type, or of its section. */
static const struct lt_probe_ops *choose_ops(const struct lt_program *program, const lt_attach_opts *opts,
					     lt_error *err)
{
	const struct lt_probe_ops *ops = program->ops, *variant;
	char subject[192];

	snprintf(subject, sizeof(subject), "program '%s'", program->name);
	if (opts->kind && *opts->kind) {
		ops = lt_probe_ops_require(opts->kind, subject, err);
		if (!ops)
			return NULL;
		if (program->ops && !strcmp(program->ops->name, ops->name) && opts->attach_type < 0)
			return program->ops;
	}
	if (!ops) {
		lt_fail(err, -EINVAL, "%s: neither its name nor its parameter says what kind it is; name the kind", subject);
		return NULL;
	}
	variant = opts->attach_type < 0 ? ops : lt_probe_ops_variant(ops, (uint32_t)opts->attach_type);
	if (!variant)
		lt_fail(err, -EINVAL, "%s: %s programs have no attach type %d", subject, ops->name, opts->attach_type);
	return variant;
}

int lt_program_attach(lt_object *object, const char *name, const lt_attach_opts *opts, lt_link **out, lt_error *err)
{
	struct lt_program *program = lt_object_program_named(object, name, err);
	static const lt_attach_opts defaults = { .pid = -1, .cpu = -1, .fd = -1, .attach_type = -1 };
	lt_attach_opts full = opts ? *opts : defaults;
	const struct lt_probe_ops *ops;
	int fd;

	if (out)
		*out = NULL;
	if (!program)
		return -ENOENT;
	ops = choose_ops(program, &full, err);
	if (!ops)
		return -EINVAL;
	if (!ops->attach)
		return lt_fail(err, -EOPNOTSUPP, "program '%s': %s programs can be loaded, but not attached "
			       "from here", name,
			       ops->name);
	if ((!full.target || !*full.target) && !full.address)
		full.target = program->target;
	if (!full.target)
		full.target = "";
	/* A perf event is told by numbers, a function by its address, a map by its descriptor, a socket without an interface
	 * sees all of them, and a USDT probe may be in any file of a process. */
	if (!*full.target && !full.address && full.fd < 0 && ops != &lt_perf_event_ops && ops != &lt_socket_ops &&
	    ops != &lt_usdt_ops)
		return lt_fail(err, -EINVAL, "program '%s': nothing says what its %s shall be attached to",
			       name, ops->name);
	fd = lt_program_load_for(object, program, ops, ops->better ? ops->better(&full) : NULL, full.target, err);
	return fd < 0 ? fd : attach(object, program, ops, fd, &full, out, err);
}

static bool is_attached(const lt_object *object, const struct lt_program *program)
{
	for (uint32_t i = 0; i < object->link_count; i++)
		if (object->links[i]->program == program)
			return true;
	return false;
}

int lt_object_auto_attach(lt_object *object, lt_error *err)
{
	int count = 0;

	for (uint32_t i = 0; i < object->program_count; i++) {
		const struct lt_program *program = &object->programs[i];
		int code;

		if (!program->auto_attach || is_attached(object, program))
			continue;
		code = lt_program_attach(object, program->name, NULL, NULL, err);
		if (code)
			return code;
		count++;
	}
	return count;
}

/* Gives what a link holds to one that shares it, if there is one: that stays attached. */
static void hand_over(struct lt_link *link)
{
	lt_object *object = link->object;

	for (uint32_t i = 0; i < object->link_count && !link->shares; i++) {
		struct lt_link *other = object->links[i];

		if (!other->shares || !lt_link_same_place(link, other))
			continue;
		other->fds = link->fds;
		other->fd_count = link->fd_count;
		other->detach = link->detach;
		other->own = link->own;
		other->mechanism = link->mechanism;
		other->shares = false;
		link->fds = NULL;
		link->fd_count = 0;
		link->detach = NULL;
		link->own = NULL;
		return;
	}
}

int lt_link_detach(lt_link *link, lt_error *err)
{
	lt_object *object = link->object;
	uint32_t at = 0;

	while (at < object->link_count && object->links[at] != link)
		at++;
	if (at == object->link_count)
		return lt_fail(err, -ENOENT, "link: it is not attached");
	object->link_count--;
	memmove(&object->links[at], &object->links[at + 1], (object->link_count - at) * sizeof(struct lt_link *));
	hand_over(link);
	free_link(link);
	return 0;
}

uint32_t lt_object_link_count(const lt_object *object)
{
	return object->link_count;
}

lt_link *lt_object_link(const lt_object *object, uint32_t index)
{
	return index < object->link_count ? object->links[index] : NULL;
}

int lt_link_get_info(const lt_link *link, lt_link_info *out)
{
	*out = (lt_link_info){
		.program = link->program->name,
		.kind = link->ops->name,
		.target = link->target ? link->target : "",
		.mechanism = link->mechanism ? link->mechanism : "",
		.places = link->places,
		.place_count = link->place_count ? link->place_count : 1,
		.refused_count = link->refused_count,
		.fd = link->fd_count ? link->fds[0] : -1,
	};
	return 0;
}

uint64_t lt_link_missed(const lt_link *link)
{
	const struct lt_program *program = link->program;
	uint64_t missed = 0;

	for (uint32_t i = 0; i < program->load_count; i++) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);
		int fd = program->loads[i].fd;

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}
