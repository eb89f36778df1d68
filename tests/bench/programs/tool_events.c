/* SPDX-License-Identifier: MIT
 *
 * Makes events that tools show: tool_events MODE COUNT.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tool_events: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void do_open(long count)
{
	while (count--) {
		int fd = open("/dev/null", O_RDONLY);

		must(fd >= 0, "open");
		close(fd);
	}
}

static void do_stat(long count)
{
	struct stat info;

	while (count--)
		must(!stat("/dev/null", &info), "stat");
}

static void do_call(long count)
{
	while (count--)
		syscall(SYS_getppid);
}

static void do_kill(long count)
{
	signal(SIGUSR1, SIG_IGN);
	while (count--)
		must(!kill(getpid(), SIGUSR1), "kill");
}

static void do_exec(long count)
{
	char *args[] = { "/bin/true", NULL }, *none[] = { NULL };

	while (count--) {
		pid_t pid;

		must(!posix_spawn(&pid, args[0], NULL, NULL, args, none), "posix_spawn");
		waitpid(pid, NULL, 0);
	}
}

static void do_file(long count)
{
	char path[] = "/tmp/tool_events.XXXXXX";

	must(mkdtemp(path) && !chdir(path), "mkdtemp");
	while (count--) {
		int fd = open("file", O_CREAT | O_WRONLY, 0600);

		must(fd >= 0 && !close(fd) && !unlink("file"), "a file");
	}
	must(!chdir("/") && !rmdir(path), "rmdir");
}

static int to_thread[2], from_thread[2];

static void *answer(void *data)
{
	char byte;

	while (read(to_thread[0], &byte, 1) == 1)
		must(write(from_thread[1], &byte, 1) == 1, "write");
	return data;
}

/* Two switches each. */
static void do_switch(long count)
{
	pthread_t thread;
	char byte = 0;

	must(!pipe(to_thread) && !pipe(from_thread) && !pthread_create(&thread, NULL, answer, NULL), "a thread");
	while (count--)
		must(write(to_thread[1], &byte, 1) == 1 && read(from_thread[0], &byte, 1) == 1, "a pipe");
	close(to_thread[1]);
	pthread_join(thread, NULL);
}

static void do_connect(long count)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	must(!bind(listener, (struct sockaddr *)&address, size) && !listen(listener, 64) &&
	     !getsockname(listener, (struct sockaddr *)&address, &size), "a listener");
	while (count--) {
		int fd = socket(AF_INET, SOCK_STREAM, 0), other;

		must(!connect(fd, (struct sockaddr *)&address, size), "connect");
		other = accept(listener, NULL, NULL);
		must(other >= 0 && !close(other) && !close(fd), "accept");
	}
}

static void do_umount(long count)
{
	while (count--)
		must(umount2("/nonexistent", MNT_DETACH) && errno == ENOENT, "umount2");
}

static void do_lookup(long count)
{
	while (count--) {
		struct addrinfo *found = NULL;

		must(!getaddrinfo("127.0.0.1", NULL, NULL, &found), "getaddrinfo");
		freeaddrinfo(found);
	}
}

static void do_read(long count)
{
	enum { SIZE = 4096 };
	char path[] = "/var/tmp/tool_events.XXXXXX";
	int fd = mkostemp(path, O_DIRECT);
	void *page = aligned_alloc(SIZE, SIZE);

	must(fd >= 0 && !unlink(path) && page, "a file");
	memset(page, 0, SIZE);
	must(pwrite(fd, page, SIZE, 0) == SIZE && !fsync(fd), "write");
	while (count--)
		must(pread(fd, page, SIZE, 0) == SIZE, "read");
}

static const struct {
	const char *name;
	void (*make)(long count);
} modes[] = {
	{ "open", do_open }, { "stat", do_stat }, { "call", do_call }, { "kill", do_kill }, { "exec", do_exec },
	{ "file", do_file }, { "switch", do_switch }, { "connect", do_connect }, { "umount", do_umount },
	{ "lookup", do_lookup }, { "read", do_read },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(modes[i].name, argv[1]))
			continue;
		modes[i].make(atol(argv[2]));
		return 0;
	}
	fprintf(stderr, "usage: tool_events MODE COUNT\n");
	return 2;
}
