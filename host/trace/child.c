/* SPDX-License-Identifier: MIT
 *
 * Child processes that are held until tracing has begun: forked, but not yet executing what they are for. A socket
 * holds them: they read from it, and go away by themselves when it is closed, however this process came to its end.
 */
#include "child.h"
#include "wait.h"
#include "../error.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct lt_child {
	char *name;
	pid_t pid;
	int pidfd;
	int hold;	/* our end of the socket; -1: released */
	bool ended;
	int status;	/* of waitpid(), once it has ended */
};

static void run_child(int hold, char **words) __attribute__((noreturn));
static void run_child(int hold, char **words)
{
	char released;
	int code;

	/* While it waits it shall not run our handlers, which would keep it from ending. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	/* Who is ended by a signal (SIGPIPE) cannot end it any more. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (read(hold, &released, 1) == 1) {
		execvp(words[0], words);
		code = errno;
		send(hold, &code, sizeof(code), MSG_NOSIGNAL);
	}
	_exit(127);
}

static int fork_held(lt_child *child, char **words)
{
	int ends[2], code;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	child->pid = fork();
	code = -errno;
	if (!child->pid) {
		close(ends[0]);
		run_child(ends[1], words);
	}
	close(ends[1]);
	child->hold = ends[0];
	return child->pid < 0 ? code : 0;
}

int lt_child_start(const char *const *words, uint32_t count, lt_child **out, lt_error *err)
{
	char **argv = calloc(count + 1u, sizeof(*argv));
	lt_child *child = calloc(1, sizeof(*child));
	int code = -ENOMEM;

	*out = NULL;
	if (!argv || !child)
		goto out;
	child->pid = child->pidfd = child->hold = -1;
	child->name = strdup(words[0]);
	if (!child->name)
		goto out;
	for (uint32_t i = 0; i < count; i++)
		argv[i] = (char *)(uintptr_t)words[i];
	code = fork_held(child, argv);
	if (code)
		goto out;
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);	/* close-on-exec by itself */
	code = child->pidfd < 0 ? -errno : lt_wait_add_fd(child->pidfd, EPOLLIN | EPOLLET);
out:
	free(argv);
	if (!code) {
		*out = child;
		return 0;
	}
	lt_child_free(child);
	return lt_fail(err, code, "command '%s': can't be started: %s", words[0], strerror(-code));
}

int32_t lt_child_pid(const lt_child *child)
{
	return child->pid;
}

bool lt_child_is_held(const lt_child *child)
{
	return child->hold >= 0;
}

/* Whether it has ended, and how; `options` of waitpid(). */
static bool take_end(lt_child *child, int options)
{
	if (child->ended)
		return true;
	if (waitpid(child->pid, &child->status, options) != child->pid)
		return false;
	child->ended = true;
	lt_wait_remove_fd(child->pidfd);
	return true;
}

int lt_child_release(lt_child *child, lt_error *err)
{
	ssize_t got = -1;
	int code = 0;

	if (child->hold < 0)
		return 0;
	/* One that was killed while it was held has ended, which is told of as any other end. The socket is closed by a
	 * successful exec. */
	if (send(child->hold, "", 1, MSG_NOSIGNAL) == 1) {
		do
			got = recv(child->hold, &code, sizeof(code), 0);
		while (got < 0 && errno == EINTR);
	}
	close(child->hold);
	child->hold = -1;
	if (got != sizeof(code))
		return 0;
	take_end(child, 0);
	return lt_fail(err, -code, "command '%s': %s", child->name, strerror(code));
}

int lt_child_ended(lt_child *child, int32_t *status, int32_t *signal_number)
{
	if (!take_end(child, WNOHANG))
		return 0;
	*status = WIFEXITED(child->status) ? WEXITSTATUS(child->status) : -1;
	*signal_number = WIFSIGNALED(child->status) ? WTERMSIG(child->status) : 0;
	return 1;
}

int lt_child_exit_status(const lt_child *child)
{
	if (!child->ended)
		return 0;
	return WIFEXITED(child->status) ? WEXITSTATUS(child->status) : 128 + WTERMSIG(child->status);
}

void lt_child_free(lt_child *child)
{
	if (!child)
		return;
	if (child->hold >= 0) {
		/* Not by closing alone: children that were started after it and are held have a copy. */
		shutdown(child->hold, SHUT_RDWR);
		close(child->hold);
	}
	if (child->pid > 0 && !child->ended) {
		if (child->hold < 0)
			kill(child->pid, SIGTERM);
		take_end(child, child->hold < 0 ? WNOHANG : 0);
	}
	if (child->pidfd >= 0) {
		lt_wait_remove_fd(child->pidfd);
		close(child->pidfd);
	}
	free(child->name);
	free(child);
}
