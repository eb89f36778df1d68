/* SPDX-License-Identifier: MIT
 *
 * Iterators: programs that the kernel calls for each of its tasks, files, sockets, maps, ..., while what they write is
 * read. Such a program is attached for as long as it is read: see lt_iter_open().
 */
#include "list.h"
#include "btf_program.h"
#include "cgroup.h"
#include "object.h"
#include "privilege.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char instead[] = "5.8 was the first that takes them";

static int explain_load(const struct lt_probe_ops *ops, const char *target, int code, lt_error *err)
{
	char text[256];

	if (code == -ENOENT || code == -ESRCH)
		return lt_fail(err, -ENOENT, "iter '%s': nothing of this kernel goes by that name (its function would be "
			       "bpf_iter_%s)", target, target);
	if (code == -EPERM && lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, text, sizeof(text)))
		return 0;
	if (code == -EPERM || code == -EOPNOTSUPP || code == -524)
		return lt_btf_program_refused(ops->name, target, code, instead, err);
	return 0;
}

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	return lt_btf_program_supported(ops, "task", instead, err);
}

const struct lt_probe_ops lt_iter_ops = {
	.name = "iter",
	.prefix = "bpf_iter__",
	.on_demand = true,
	.sections = (const char *const[]){ "iter", NULL },
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_TRACE_ITER,
	.btf_target = true,
	.explain_load = explain_load,
	.list = lt_list_iterators,
	.supported = supported,
};

/* What the iterator is to go through; -errno, or how many bytes of `out` say it. */
static int fill_info(const char *target, const lt_iter_opts *opts, union bpf_iter_link_info *out, lt_error *err)
{
	bool cgroups = !strcmp(target, "cgroup");
	int fd = 0;

	memset(out, 0, sizeof(*out));
	if ((opts->cgroup || opts->order) && !cgroups)
		return lt_fail(err, -EINVAL, "iter '%s': only 'cgroup' begins at a cgroup and has an order", target);
	if (opts->cgroup)
		fd = lt_cgroup_directory("iter", opts->cgroup, err);
	if (fd < 0)
		return fd;
	if (cgroups) {
		out->cgroup.cgroup_fd = (uint32_t)fd;
		out->cgroup.order = opts->order ? opts->order : BPF_CGROUP_ITER_DESCENDANTS_PRE;
	} else if (opts->map_fd >= 0) {
		out->map.map_fd = (uint32_t)opts->map_fd;
	} else if (opts->pid >= 0) {
		out->task.pid = (uint32_t)opts->pid;
	} else if (opts->tid >= 0) {
		out->task.tid = (uint32_t)opts->tid;
	} else {
		return 0;
	}
	return sizeof(*out);
}

static int explain(const char *target, int code, bool restricted, lt_error *err)
{
	if (code == -EBADF)
		return lt_fail(err, code, "iter '%s': it goes through the elements of one map, and none is named; map= takes it",
			       target);
	if (code == -EACCES)
		return lt_fail(err, code, "iter '%s': the program looks at more of a key or value than the map's have", target);
	return lt_fail(err, code, "iter '%s': the kernel refused to attach the program: %s%s", target, strerror(-code),
		       restricted ? "; a map must be of a type that it goes through, and a process, thread or cgroup is taken "
		       "since 6.1" : "");
}

int lt_iter_open(lt_object *object, const char *name, const lt_iter_opts *opts, lt_error *err)
{
	struct lt_program *program = lt_object_program_named(object, name, err);
	union bpf_iter_link_info info;
	LIBBPF_OPTS(bpf_link_create_opts, create);
	int prog_fd, link, fd, size;

	if (!program)
		return -ENOENT;
	prog_fd = lt_program_load_for(object, program, &lt_iter_ops, NULL, NULL, err);
	if (prog_fd < 0)
		return prog_fd;
	size = fill_info(program->target, opts, &info, err);
	if (size < 0)
		return size;
	if (size) {
		create.iter_info = &info;
		create.iter_info_len = (uint32_t)size;
	}
	link = bpf_link_create(prog_fd, 0, BPF_TRACE_ITER, &create);
	if (opts->cgroup)
		close((int)info.cgroup.cgroup_fd);
	if (link < 0)
		return explain(program->target, link, size > 0, err);
	fd = bpf_iter_create(link);	/* holds the link */
	close(link);
	return fd < 0 ? explain(program->target, fd, size > 0, err) : fd;
}

int32_t lt_iter_read(int fd, void *buffer, uint32_t size, lt_error *err)
{
	for (;;) {
		ssize_t length = read(fd, buffer, size);

		if (length >= 0)
			return (int32_t)length;
		/* EAGAIN: it went through a million of them and the program wrote nothing */
		if ((errno == EINTR || errno == EAGAIN) && !lt_interrupted())
			continue;
		if (errno == EINTR || errno == EAGAIN)
			return -EINTR;
		if (errno == E2BIG)
			return lt_fail(err, -E2BIG, "iter: the program wrote more for one object than the kernel has room for");
		return lt_fail(err, -errno, "iter: reading: %s", strerror(errno));
	}
}

void lt_iter_close(int fd)
{
	close(fd);
}
