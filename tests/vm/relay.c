/* SPDX-License-Identifier: MIT
 *
 * luatrace-cc for guests: an emulated compile takes seconds, so what a guest has in that place sends its request to this
 * machine's luatrace-cc, and the questions of that back to the luatrace that asks (host/compile_protocol.h). Kernel types,
 * tracepoints and configuration are the guest's own, as are loading and all that comes after.
 *   relay serve DIR FOLDER          on this machine, with the luatrace-cc of FOLDER, until killed
 *   relay ARGUMENT...               in the guest, started by luatrace
 * They share a directory, in the guest RELAY_PLACE. A request is a folder job.XXXXXX with these files:
 *   text, arguments (each ends with NUL)      from the guest, before the folder has that name
 *   question.N                                from here
 *   answer.N                                  from the guest: struct lt_cc_answer, then the name of the file it is about
 *   out, messages, status (of waitpid)        from here
 * Whatever somebody waits for is written under another name first.
 */
#include "compile_protocol.h"
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define RELAY_PLACE "/run/luatrace-relay"

enum { PAUSE_US = 3000, ARGUMENTS_MAX = 512, ARGUMENTS_SIZE = 1 << 16, NAME_SIZE = 64 };

struct answer_file {
	struct lt_cc_answer answer;
	char file[NAME_SIZE];
};

static char *name_of(const char *what, unsigned number)
{
	static char name[NAME_SIZE];

	snprintf(name, sizeof(name), "%s.%u", what, number);
	return name;
}

static void write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t wrote = write(fd, data, size);

		if (wrote < 0)
			err(3, "write");
		data += wrote;
		size -= wrote;
	}
}

static void copy(int from, int to)
{
	static char part[1 << 18];
	ssize_t got;

	while ((got = read(from, part, sizeof(part))) > 0)
		write_all(to, part, got);
	if (got < 0)
		err(3, "read");
}

static int open_file(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC, 0644);

	if (fd < 0)
		err(3, "%s", name);
	return fd;
}

/* Readers see it whole or not at all. */
static void publish(const char *name, const void *data, size_t size)
{
	char new[NAME_SIZE + 4];
	int fd;

	snprintf(new, sizeof(new), "%s.new", name);
	fd = open_file(new, O_WRONLY | O_CREAT | O_EXCL);
	write_all(fd, data, size);
	close(fd);
	if (rename(new, name))
		err(3, "%s", name);
}

/* Bytes read, or -1 while there is no such file. */
static ssize_t read_file(const char *name, void *data, size_t size)
{
	size_t used = 0;
	ssize_t got;
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while (used < size && (got = read(fd, (char *)data + used, size - used)) > 0)
		used += got;
	close(fd);
	return used;
}

/* One packet with a descriptor, or none (-1). */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static void send_answer(int socket, struct lt_cc_answer *answer, int fd)
{
	union control control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec part = { answer, sizeof(*answer) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	sendmsg(socket, &message, MSG_NOSIGNAL);
}

static int receive_answer(int socket, struct lt_cc_answer *answer)
{
	union control control;
	struct iovec part = { answer, sizeof(*answer) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof(*answer))
		errx(3, "no answer from luatrace");
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* In the guest. */

/* Types of the kernel and its modules are megabytes that do not change: copied once for all requests. */
static void file_of(int fd, unsigned number, char *name)
{
	struct statfs system;
	struct stat info;
	char new[NAME_SIZE];
	int to;

	snprintf(name, NAME_SIZE, "file.%u", number);
	if (!fstatfs(fd, &system) && system.f_type == SYSFS_MAGIC && !fstat(fd, &info))
		snprintf(name, NAME_SIZE, "../types.%llu", (unsigned long long)info.st_ino);
	if (!access(name, R_OK))
		return;
	strcpy(new, "new.XXXXXX");
	to = mkostemp(new, O_CLOEXEC);
	if (to < 0)
		err(3, "%s", new);
	lseek(fd, 0, SEEK_SET);
	copy(fd, to);
	fchmod(to, 0644);
	close(to);
	if (rename(new, name))
		err(3, "%s", name);
}

static void pass_question(unsigned number, const char *question, size_t length)
{
	struct answer_file told = { 0 };
	int fd;

	if (send(LT_CC_ASK_FD, question, length, MSG_NOSIGNAL) < 0)
		err(3, "question");
	fd = receive_answer(LT_CC_ASK_FD, &told.answer);
	if (fd >= 0) {
		file_of(fd, number, told.file);
		close(fd);
	}
	publish(name_of("answer", number), &told, sizeof(told));
}

/* Again while anything is left: a listing skips names where others go away meanwhile. */
static void remove_job(const char *job)
{
	DIR *files = opendir(job);
	struct dirent *file;

	for (int tries = 0; files && rmdir(job) && errno == ENOTEMPTY && tries < 10; tries++) {
		rewinddir(files);
		while ((file = readdir(files)))
			if (file->d_name[0] != '.')
				unlinkat(dirfd(files), file->d_name, 0);
	}
}

static void end_as(int status)
{
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
}

static int request(char **arguments)
{
	char new[] = RELAY_PLACE "/new.XXXXXX", job[] = RELAY_PLACE "/job.XXXXXX", question[LT_CC_QUESTION_MAX];
	int fd, status;
	ssize_t length;

	if (!mkdtemp(new) || chdir(new))
		err(3, "%s", new);
	fd = open_file("text", O_WRONLY | O_CREAT);
	copy(LT_CC_TEXT_FD, fd);
	close(fd);
	fd = open_file("arguments", O_WRONLY | O_CREAT);
	for (; *arguments; arguments++)
		write_all(fd, *arguments, strlen(*arguments) + 1);
	close(fd);
	memcpy(job + strlen(job) - 6, new + strlen(new) - 6, 6);
	if (rename(new, job))
		err(3, "%s", job);
	for (unsigned number = 0;; usleep(PAUSE_US)) {
		length = read_file(name_of("question", number), question, sizeof(question));
		if (length >= 0)
			pass_question(number++, question, length);
		if (read_file("status", &status, sizeof(status)) == sizeof(status))
			break;
	}
	copy(fd = open_file("out", O_RDONLY), LT_CC_OUT_FD);
	close(fd);
	copy(fd = open_file("messages", O_RDONLY), LT_CC_MESSAGES_FD);
	close(fd);
	remove_job(job);
	end_as(status);
	return 3;
}

/* On this machine. */

static pid_t start_compiler(char *compiler, int socket)
{
	static char text[ARGUMENTS_SIZE];
	static char *const environment[] = { "LC_ALL=C", NULL };
	char *arguments[ARGUMENTS_MAX] = { compiler };
	ssize_t size = read_file("arguments", text, sizeof(text));
	int count = 1;
	pid_t child;

	for (char *at = text; at < text + size && count < ARGUMENTS_MAX - 1; at += strlen(at) + 1)
		arguments[count++] = at;
	child = fork();
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(open_file("text", O_RDONLY), LT_CC_TEXT_FD);
	dup2(open_file("out", O_RDWR | O_CREAT), LT_CC_OUT_FD);
	dup2(open_file("messages", O_RDWR | O_CREAT), LT_CC_MESSAGES_FD);
	dup2(socket, LT_CC_ASK_FD);
	execve(compiler, arguments, environment);
	err(127, "%s", compiler);
}

static void answer_question(int socket, unsigned number)
{
	struct answer_file told;
	int fd;

	while (read_file(name_of("answer", number), &told, sizeof(told)) < 0)
		usleep(PAUSE_US);
	fd = *told.file ? open_file(told.file, O_RDONLY) : -1;
	send_answer(socket, &told.answer, fd);
	if (fd >= 0)
		close(fd);
}

static void work(const char *job, char *compiler)
{
	char question[LT_CC_QUESTION_MAX];
	int sockets[2], status;
	ssize_t length;
	pid_t child;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(job) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		err(3, "%s", job);
	child = start_compiler(compiler, sockets[1]);
	if (child < 0)
		err(3, "fork");
	close(sockets[1]);
	for (unsigned number = 0; (length = recv(sockets[0], question, sizeof(question), 0)) > 0; number++) {
		publish(name_of("question", number), question, length);
		answer_question(sockets[0], number);
	}
	waitpid(child, &status, 0);
	publish("status", &status, sizeof(status));
	exit(0);
}

static int serve(const char *place, const char *folder)
{
	char compiler[PATH_MAX], taken[NAME_MAX + 8];
	struct dirent *file;
	DIR *files;

	snprintf(compiler, sizeof(compiler), "%s/luatrace-cc", folder);
	if (chdir(place) || !(files = opendir(".")))
		err(3, "%s", place);
	signal(SIGCHLD, SIG_IGN);
	for (;; usleep(PAUSE_US)) {
		rewinddir(files);
		while ((file = readdir(files))) {
			int fd;

			if (strncmp(file->d_name, "job.", 4))
				continue;
			snprintf(taken, sizeof(taken), "%s/taken", file->d_name);
			fd = open(taken, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
			if (fd < 0)
				continue;	/* it is, or has ended */
			close(fd);
			if (!fork()) {
				signal(SIGCHLD, SIG_DFL);
				work(file->d_name, compiler);
			}
		}
	}
}

int main(int argc, char **argv)
{
	umask(022);
	if (argc == 4 && !strcmp(argv[1], "serve"))
		return serve(argv[2], argv[3]);
	return request(argv + 1);
}
