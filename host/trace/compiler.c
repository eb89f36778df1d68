/* SPDX-License-Identifier: MIT
 *
 * Starting luatrace-cc and answering its questions. Text, result and messages are memory files and the child dies
 * with its parent, so nothing is left behind, whatever ends either of them.
 */
#include "compiler.h"
#include "../compile_protocol.h"
#include "../error.h"
#include "compile_answer.h"
#include "compile_result.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct compiler {
	const struct compiler_job *job;
	int text_fd, out_fd, messages_fd;
	int ask_fd, child_ask_fd;
	pid_t child;
	int status;
	uint64_t deadline;	/* of lt_now() */
	lt_error *err;
};

static int memory_file(const char *data, uint64_t size)
{
	int fd = memfd_create("luatrace", MFD_CLOEXEC);
	uint64_t done = 0;

	while (fd >= 0 && done < size) {
		ssize_t wrote = write(fd, data + done, size - done);

		if (wrote < 0 && errno != EINTR) {
			int failed = errno;

			close(fd);
			errno = failed;
			return -1;
		}
		done += wrote > 0 ? wrote : 0;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Beside this program, or where `make install` puts what people do not call themselves. */
int lt_compiler_find(char *path, size_t size, lt_error *err)
{
	static const char *const places[] = { "luatrace-cc", "../libexec/luatrace/luatrace-cc" };
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length < 0)
		return lt_fail(err, -errno, "/proc/self/exe: %s; is /proc mounted?", strerror(errno));
	self[length] = '\0';
	slash = strrchr(self, '/');
	slash[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if ((size_t)snprintf(path, size, "%s%s", self, places[i]) < size && !access(path, X_OK))
			return 0;
	}
	return lt_fail(err, -ENOENT, "luatrace-cc: the compiler is not installed (looked for %sluatrace-cc and %s%s); "
		       "it comes with luatrace, on Debian in the package luatrace-compiler", self, self, places[1]);
}

void lt_compiler_free_arguments(char **arguments)
{
	for (char **at = arguments; at && *at; at++)
		free(*at);
	free(arguments);
}

/* In the child of vfork, which has our memory until it is another program: a handler that ran here would set our flags
 * as well, and one Ctrl-C would count twice. */
static void forget_handlers(const sigset_t *mask)
{
	for (int number = 1; number < NSIG; number++) {
		struct sigaction now;

		if (!sigaction(number, NULL, &now) && now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN)
			signal(number, SIG_DFL);
	}
	sigprocmask(SIG_SETMASK, mask, NULL);
}

/* Only what is safe in that child, which comes with all signals blocked and leaves with `mask`. The descriptors are
 * moved out of the way first: one of them may be 0 to 3 itself. */
static void run_child(const struct compiler *c, pid_t parent, const sigset_t *mask)
{
	static char *const environment[] = { "LC_ALL=C", NULL };
	int from[] = { c->text_fd, c->out_fd, c->messages_fd, c->child_ask_fd };
	static const int to[] = { LT_CC_TEXT_FD, LT_CC_OUT_FD, LT_CC_MESSAGES_FD, LT_CC_ASK_FD };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	for (int i = 0; i < 4; i++)
		if ((from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 10)) < 0)
			_exit(127);
	for (int i = 0; i < 4; i++)
		if (dup2(from[i], to[i]) < 0)
			_exit(127);
	/* what this process inherited is none of the compiler's business */
	syscall(SYS_close_range, LT_CC_ASK_FD + 1, ~0u, 0);
	signal(SIGPIPE, SIG_DFL);
	forget_handlers(mask);
	execve(c->job->path, c->job->arguments, environment);
	_exit(127);
}

static int start(struct compiler *c)
{
	int sockets[2], failed;
	pid_t parent = getpid();
	sigset_t all, before;

	c->text_fd = memory_file(c->job->input, c->job->input_size);
	c->out_fd = memory_file(NULL, 0);
	c->messages_fd = memory_file(NULL, 0);
	if (c->text_fd < 0 || c->out_fd < 0 || c->messages_fd < 0)
		return lt_fail(c->err, -errno, "compile: no memory file: %s", strerror(errno));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return lt_fail(c->err, -errno, "compile: no socket: %s", strerror(errno));
	c->ask_fd = sockets[0];
	c->child_ask_fd = sockets[1];
	/* vfork, for fork costs this process a page fault for each page that it writes to afterwards */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	c->child = vfork();
	if (!c->child)
		run_child(c, parent, &before);
	failed = c->child < 0 ? -errno : 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(c->child_ask_fd);
	c->child_ask_fd = -1;
	return failed ? lt_fail(c->err, failed, "compile: vfork: %s", strerror(-failed)) : 0;
}

static void end_child(struct compiler *c)
{
	if (c->child <= 0)
		return;
	kill(c->child, SIGKILL);
	while (waitpid(c->child, &c->status, 0) < 0 && errno == EINTR)
		;
	c->child = 0;
}

/* Looked at while waiting: whether to wait on. */
static int check_wait(struct compiler *c)
{
	if (lt_interrupted()) {
		end_child(c);
		return lt_fail(c->err, -EINTR, "interrupted while compiling");
	}
	if (lt_now() > c->deadline) {
		end_child(c);
		return lt_fail(c->err, -ETIMEDOUT, "the text takes more than %u seconds to %s, which is the limit; is there a "
			       "macro or an #include that never ends?", c->job->seconds, c->job->doing);
	}
	return 0;
}

/* Until the child closes its end of the socket, which is when it ends. */
static int serve(struct compiler *c)
{
	struct pollfd ready = { .fd = c->ask_fd, .events = POLLIN };

	for (;;) {
		int count, failed = check_wait(c);

		if (failed)
			return failed;
		/* the timeout covers a signal that comes just before poll */
		count = poll(&ready, 1, 100);
		if (count < 0 && errno != EINTR)
			return lt_fail(c->err, -errno, "compile: poll: %s", strerror(errno));
		if (count > 0 && !lt_compile_answer(c->ask_fd, c->job->opts, c->job->cache))
			break;
	}
	/* it has closed its end, which is not to say that it has ended */
	for (;;) {
		pid_t ended = waitpid(c->child, &c->status, WNOHANG);
		int failed;

		if (ended < 0 && errno != EINTR)
			return lt_fail(c->err, -errno, "compile: waitpid: %s", strerror(errno));
		if (ended > 0)
			break;
		failed = check_wait(c);
		if (failed)
			return failed;
		lt_sleep(200000);
	}
	c->child = 0;
	return 0;
}

static void close_files(struct compiler *c)
{
	int fds[] = { c->text_fd, c->out_fd, c->messages_fd, c->ask_fd, c->child_ask_fd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int lt_compiler_run(const struct compiler_job *job, lt_blob *out, lt_blob *messages, lt_error *err)
{
	struct compiler c = {
		.job = job, .err = err, .deadline = lt_now() + job->seconds * 1000000000ull,
		.text_fd = -1, .out_fd = -1, .messages_fd = -1, .ask_fd = -1, .child_ask_fd = -1,
	};
	int failed = start(&c);

	if (!failed)
		failed = serve(&c);
	if (!failed)
		failed = lt_compile_result(
			&(struct compile_outcome){ c.status, c.out_fd, c.messages_fd, job->most }, out, messages, err);
	end_child(&c);
	close_files(&c);
	return failed;
}
