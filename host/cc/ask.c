/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "compile_protocol.h"
#include "memory.h"
#include <errno.h>
#include <stdint.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

static struct lt_cc_answer answer;

const char *ask_reason(void)
{
	return answer.reason;
}

/* The descriptor, or -1 with the reason in `answer`. */
static int receive_file(void)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { &answer, sizeof(answer) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *header;
	ssize_t got;
	int fd;

	do {
		got = recvmsg(LT_CC_ASK_FD, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got != sizeof(answer)) {
		snprintf(answer.reason, sizeof(answer.reason), "luatrace does not answer (%s)",
			 got < 0 ? strerror(errno) : "it has ended");
		return -1;
	}
	answer.reason[sizeof(answer.reason) - 1] = '\0';
	header = CMSG_FIRSTHDR(&message);
	if (answer.code || !header || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

char *read_whole(int fd, size_t *size)
{
	size_t room = 1 << 16, used = 0;
	off_t end = lseek(fd, 0, SEEK_END);
	char *data;

	/* sysfs and tracefs files say 0 or a page; memory files and BTF say their size */
	if (end > (off_t)room)
		room = end + 1;
	lseek(fd, 0, SEEK_SET);
	data = allocate(room + 1);
	for (;;) {
		ssize_t got = read(fd, data + used, room - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int failed = errno;

			free(data);
			errno = failed;
			return NULL;
		}
		if (!got)
			break;
		used += got;
		if (used == room) {
			room *= 2;
			data = reallocate(data, room + 1);
		}
	}
	data[used] = '\0';
	*size = used;
	return data;
}

/* Kernels since 6.16 let their BTF be mapped, and that does not change. */
static char *map_whole(int fd, size_t *size)
{
	struct statfs system;
	off_t end = lseek(fd, 0, SEEK_END);
	void *data;

	if (end <= 0 || fstatfs(fd, &system) || system.f_type != SYSFS_MAGIC)
		return NULL;
	data = mmap(NULL, end, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return NULL;
	*size = end;
	return data;
}

static int ask(const char *format, va_list args)
{
	char question[LT_CC_QUESTION_MAX];
	int length = vsnprintf(question, sizeof(question), format, args);

	if (length < 0 || (size_t)length >= sizeof(question))
		die("a question to luatrace is too long");
	if (send(LT_CC_ASK_FD, question, length, MSG_NOSIGNAL) < 0)
		die("luatrace-cc is started by luatrace; use `luatrace cc`");
	return receive_file();
}

char *ask_file(size_t *size, const char *format, ...)
{
	va_list args;
	int fd;
	char *data;

	va_start(args, format);
	fd = ask(format, args);
	va_end(args);
	if (fd < 0)
		return NULL;
	data = map_whole(fd, size);
	if (!data)
		data = read_whole(fd, size);
	if (!data)
		snprintf(answer.reason, sizeof(answer.reason), "%s", strerror(errno));
	close(fd);
	return data;
}
