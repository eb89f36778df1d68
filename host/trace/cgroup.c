/* SPDX-License-Identifier: MIT
 *
 * Programs of a cgroup: they see packets, sockets, system calls on sockets and devices of the processes in it and below
 * it. Use target, the cgroup's directory, or fd, a descriptor of it; attach_type. By a BPF link (5.7), which leaves
 * other programs of that cgroup be.
 */
#include "cgroup.h"
#include "prog_type.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

/* "; mounted: /sys/fs/cgroup" of version 2. */
static void describe_mount(char *out, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char strings[4096];
	struct mntent entry;

	snprintf(out, size, "; none is mounted (mount -t cgroup2 none DIRECTORY)");
	while (mounts && getmntent_r(mounts, &entry, strings, sizeof(strings)))
		if (!strcmp(entry.mnt_type, "cgroup2")) {
			snprintf(out, size, "; they are below %s", entry.mnt_dir);
			break;
		}
	if (mounts)
		endmntent(mounts);
}

int lt_cgroup_directory(const char *kind, const char *path, lt_error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = fd < 0 ? -errno : 0;
	struct statfs info;
	char mount[256];

	if (!code && fstatfs(fd, &info))
		code = -errno;
	if (!code && info.f_type == CGROUP2_SUPER_MAGIC)
		return fd;
	if (fd >= 0)
		close(fd);
	describe_mount(mount, sizeof(mount));
	return lt_fail(err, code ? code : -EBADF, "%s '%s': %s%s", kind, path,
		       code ? strerror(-code) : "this directory is no cgroup of version 2", mount);
}

int lt_cgroup_open(const char *path, lt_error *err)
{
	return lt_cgroup_directory("cgroup", path, err);
}

static int explain(const char *kind, const char *target, int code, lt_error *err)
{
	switch (code) {
	case -EPERM:
		return lt_fail(err, code, "%s '%s': a program that is attached there, or to a cgroup above, tolerates no other",
			       kind, target);
	case -EBADF:
		return lt_fail(err, code, "%s '%s': this descriptor is not one of a cgroup of version 2", kind, target);
	case -E2BIG:
		return lt_fail(err, code, "%s '%s': 64 programs are attached there, which is the kernel's limit", kind, target);
	case -EINVAL:
		return lt_fail(err, code, "%s '%s': the kernel refused to attach the program: Invalid argument; it may be one "
			       "before 5.7, which has no links for cgroups, or lack this attach type", kind, target);
	default:
		return lt_fail(err, code, "%s '%s': the kernel refused to attach the program: %s", kind, target,
			       strerror(-code));
	}
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	const char *kind = link->ops->name;
	char target[64];
	int cgroup = opts->fd, fd;

	if (cgroup < 0) {
		cgroup = lt_cgroup_directory(kind, opts->target, err);
		if (cgroup < 0)
			return cgroup;
	}
	snprintf(target, sizeof(target), "descriptor %d", opts->fd);
	if (lt_link_set_target(link, "%s", opts->fd < 0 ? opts->target : target))
		fd = -ENOMEM;
	else
		fd = bpf_link_create(prog_fd, cgroup, link->ops->attach_type, NULL);
	if (opts->fd < 0)
		close(cgroup);
	if (fd >= 0 && lt_link_add_fd(link, fd))
		fd = -ENOMEM;
	link->mechanism = "cgroup link";
	return fd < 0 ? explain(kind, opts->fd < 0 ? opts->target : target, fd, err) : 0;
}

/* One program type is loaded for one of its places. `sections` are libbpf's names of it. */
#define CGROUP_OPS(NAME, PROG_TYPE, ATTACH_TYPE, ...)                                                                  \
	.name = NAME, .prog_type = BPF_PROG_TYPE_##PROG_TYPE, .attach_type = BPF_##ATTACH_TYPE, .attach = attach,           \
	.explain_load = lt_net_prog_explain_load, .supported = lt_prog_type_supported,                                      \
	.sections = (const char *const[]){ __VA_ARGS__, NULL }
#define VARIANTS(ARRAY) .variants = ARRAY, .variant_count = sizeof(ARRAY) / sizeof(*(ARRAY))

static const struct lt_probe_ops skb_variants[] = {
	{ CGROUP_OPS("cgroup_skb", CGROUP_SKB, CGROUP_INET_EGRESS, "cgroup_skb/egress") },
};
const struct lt_probe_ops lt_cgroup_skb_ops = {
	CGROUP_OPS("cgroup_skb", CGROUP_SKB, CGROUP_INET_INGRESS, "cgroup_skb/ingress", "cgroup_skb"),
	VARIANTS(skb_variants),
};

#define SOCK(ATTACH_TYPE, ...) { CGROUP_OPS("cgroup_sock", CGROUP_SOCK, ATTACH_TYPE, __VA_ARGS__) }
static const struct lt_probe_ops sock_variants[] = {
	SOCK(CGROUP_INET_SOCK_RELEASE, "cgroup/sock_release"),
	SOCK(CGROUP_INET4_POST_BIND, "cgroup/post_bind4"),
	SOCK(CGROUP_INET6_POST_BIND, "cgroup/post_bind6"),
};
const struct lt_probe_ops lt_cgroup_sock_ops = {
	CGROUP_OPS("cgroup_sock", CGROUP_SOCK, CGROUP_INET_SOCK_CREATE, "cgroup/sock_create", "cgroup/sock", "cgroup_sock"),
	.contexts = (const char *const[]){ "bpf_sock", NULL },
	VARIANTS(sock_variants),
};

#define SOCK_ADDR(ATTACH_TYPE, ...) { CGROUP_OPS("cgroup_sock_addr", CGROUP_SOCK_ADDR, ATTACH_TYPE, __VA_ARGS__) }
static const struct lt_probe_ops sock_addr_variants[] = {
	SOCK_ADDR(CGROUP_INET6_CONNECT, "cgroup/connect6"),
	SOCK_ADDR(CGROUP_INET4_BIND, "cgroup/bind4"),
	SOCK_ADDR(CGROUP_INET6_BIND, "cgroup/bind6"),
	SOCK_ADDR(CGROUP_UDP4_SENDMSG, "cgroup/sendmsg4"),
	SOCK_ADDR(CGROUP_UDP6_SENDMSG, "cgroup/sendmsg6"),
	SOCK_ADDR(CGROUP_UDP4_RECVMSG, "cgroup/recvmsg4"),
	SOCK_ADDR(CGROUP_UDP6_RECVMSG, "cgroup/recvmsg6"),
	SOCK_ADDR(CGROUP_INET4_GETPEERNAME, "cgroup/getpeername4"),
	SOCK_ADDR(CGROUP_INET6_GETPEERNAME, "cgroup/getpeername6"),
	SOCK_ADDR(CGROUP_INET4_GETSOCKNAME, "cgroup/getsockname4"),
	SOCK_ADDR(CGROUP_INET6_GETSOCKNAME, "cgroup/getsockname6"),
};
const struct lt_probe_ops lt_cgroup_sock_addr_ops = {
	CGROUP_OPS("cgroup_sock_addr", CGROUP_SOCK_ADDR, CGROUP_INET4_CONNECT, "cgroup/connect4", "cgroup_sock_addr"),
	.contexts = (const char *const[]){ "bpf_sock_addr", NULL },
	VARIANTS(sock_addr_variants),
};

static const struct lt_probe_ops sockopt_variants[] = {
	{ CGROUP_OPS("cgroup_sockopt", CGROUP_SOCKOPT, CGROUP_GETSOCKOPT, "cgroup/getsockopt") },
};
const struct lt_probe_ops lt_cgroup_sockopt_ops = {
	CGROUP_OPS("cgroup_sockopt", CGROUP_SOCKOPT, CGROUP_SETSOCKOPT, "cgroup/setsockopt", "cgroup_sockopt"),
	.contexts = (const char *const[]){ "bpf_sockopt", NULL },
	VARIANTS(sockopt_variants),
};

const struct lt_probe_ops lt_cgroup_device_ops = {
	CGROUP_OPS("cgroup_device", CGROUP_DEVICE, CGROUP_DEVICE, "cgroup/dev", "cgroup_device"),
	.contexts = (const char *const[]){ "bpf_cgroup_dev_ctx", NULL },
};

const struct lt_probe_ops lt_sock_ops_ops = {
	CGROUP_OPS("sock_ops", SOCK_OPS, CGROUP_SOCK_OPS, "sockops"),
	.contexts = (const char *const[]){ "bpf_sock_ops", NULL },
};
