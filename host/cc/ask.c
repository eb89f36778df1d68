/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "../compile_protocol.h"
#include "memory.h"
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int receive_file(void)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	int32_t status = -EPIPE;
	struct iovec part = { &status, sizeof(status) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *header;
	ssize_t got;
	int fd;

	do {
		got = recvmsg(LT_CC_ASK_FD, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if (got != sizeof(status))
		return -EPIPE;
	if (status)
		return status;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return -EPROTO;
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

char *ask_file(size_t *size, const char *format, ...)
{
	char question[LT_CC_QUESTION_MAX];
	va_list args;
	int length, fd;
	char *data;

	va_start(args, format);
	length = vsnprintf(question, sizeof(question), format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof(question)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if (send(LT_CC_ASK_FD, question, length, MSG_NOSIGNAL) < 0)
		return NULL;
	fd = receive_file();
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	data = read_whole(fd, size);
	close(fd);
	return data;
}
