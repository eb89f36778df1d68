/* SPDX-License-Identifier: MIT */
#include "perf_open.h"
#include "privilege.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int read_source(const char *source, const char *file, char *text, size_t size)
{
	char path[128];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/%s", source, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, text, size - 1);
	close(fd);
	if (length <= 0)
		return -EIO;
	text[length] = '\0';
	return 0;
}

int lt_perf_source_type(const char *source)
{
	char text[32];
	int code = read_source(source, "type", text, sizeof(text));

	return code ? code : atoi(text);
}

int lt_perf_source_retprobe(const char *source, __u64 *config)
{
	char text[32];
	int code = read_source(source, "format/retprobe", text, sizeof(text));
	unsigned int bit;

	if (code)
		return code;
	if (sscanf(text, "config:%u", &bit) != 1 || bit > 63)
		return -EINVAL;
	*config |= 1ULL << bit;
	return 0;
}

int lt_perf_source_counter(const char *source, uint64_t offset, __u64 *config)
{
	unsigned int first, last;
	char text[32];
	int code = read_source(source, "format/ref_ctr_offset", text, sizeof(text));

	if (code)
		return code;
	if (sscanf(text, "config:%u-%u", &first, &last) != 2 || last > 63 || first > last ||
	    (last - first < 63 && offset >> (last - first + 1)))
		return -EINVAL;
	*config |= offset << first;
	return 0;
}

int lt_perf_open(struct perf_event_attr *attr, int32_t pid, int32_t cpu)
{
	long fd;

	attr->size = sizeof(*attr);
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

/* Enables the event and keeps `fd`, which is the event or a link that holds it. */
static int keep(struct lt_link *link, int fd, int perf_fd, int code)
{
	if (!code && ioctl(perf_fd, PERF_EVENT_IOC_ENABLE, 0))
		code = -errno;
	if (fd != perf_fd)
		close(perf_fd);
	if (!code)
		return lt_link_add_fd(link, fd);
	if (fd >= 0)
		close(fd);
	return code;
}

int lt_perf_attach(struct lt_link *link, int perf_fd, int prog_fd)
{
	int fd, code;

	/* A place that is refused is not counted: the next one has its number. */
	if (link->numbered)
		return lt_perf_attach_cookie(link, perf_fd, prog_fd, link->place_count + 1);
	/* A BPF link of a perf event (5.15) holds the event itself, so one descriptor is enough. */
	fd = bpf_link_create(prog_fd, perf_fd, BPF_PERF_EVENT, NULL);
	code = fd < 0 ? fd : 0;
	if (code == -EINVAL) {
		fd = perf_fd;
		code = ioctl(perf_fd, PERF_EVENT_IOC_SET_BPF, prog_fd) ? -errno : 0;
	}
	return keep(link, fd, perf_fd, code);
}

int lt_perf_attach_cookie(struct lt_link *link, int perf_fd, int prog_fd, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);
	int fd = bpf_link_create(prog_fd, perf_fd, BPF_PERF_EVENT, &opts);

	return keep(link, fd, perf_fd, fd == -EINVAL ? -EOPNOTSUPP : fd < 0 ? fd : 0);
}

void lt_perf_privilege(char *out, size_t size)
{
	char text[16] = "?";
	int fd = open("/proc/sys/kernel/perf_event_paranoid", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 1] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (lt_privilege_missing(LT_NEEDS_PERFMON, out, size))
		return;
	snprintf(out, size, "perf_event_open is not permitted though the privileges are there "
		 "(kernel.perf_event_paranoid is %s); a security module, a lockdown or a container's seccomp "
		 "profile may forbid it",
		 text);
}

int lt_perf_attach_failed(lt_error *err, int code, const char *kind, const char *target)
{
	char reason[256];

	switch (code) {
	case -E2BIG:
		return lt_fail(err, code, "%s '%s': 64 programs run there already, which is the kernel's "
			       "limit", kind, target);
	case -EOPNOTSUPP:
		return lt_fail(err, code, "%s '%s': which place a program runs at is told by an attach cookie, and this "
			       "kernel has none (Linux 5.15 has)", kind, target);
	case -EEXIST:
		return lt_fail(err, code, "%s '%s': this program is attached there already", kind, target);
	case -EACCES:
		return lt_fail(err, code, "%s '%s': the program reads beyond the end of what the event "
			       "provides", kind, target);
	case -EPERM:
		lt_perf_privilege(reason, sizeof(reason));
		return lt_fail(err, code, "%s '%s': %s", kind, target, reason);
	default:
		return lt_fail(err, code, "%s '%s': the kernel refused to attach the program: %s", kind,
			       target, strerror(-code));
	}
}
