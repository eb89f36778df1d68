/* SPDX-License-Identifier: MIT
 *
 * Starting luatrace-cc and answering its questions. Text, result and messages are memory files and the child dies
 * with its parent, so nothing is left behind, whatever ends either of them.
 */
#include "../compile_protocol.h"
#include "../error.h"
#include "compile_answer.h"
#include "compile_cache.h"
#include "compile_result.h"
#include "kernel_version.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct compile {
	const lt_compile_opts *opts;
	char path[PATH_MAX];	/* of luatrace-cc */
	char **arguments;
	struct compile_cache cache;
	int text_fd, out_fd, messages_fd;
	int ask_fd, child_ask_fd;
	pid_t child;
	int status;
	uint64_t deadline;	/* of lt_now() */
	lt_error *err;
};

void lt_blob_free(lt_blob *blob)
{
	if (!blob)
		return;
	free(blob->data);
	*blob = (lt_blob){ 0 };
}

static const char *const emit_names[] = { "object", "slice", "source", "ir", "asm", "listing" };

/* NUL bytes and broken UTF-8 are an editor's or a splicing script's accident; clang would name neither well. */
static int check_text(const lt_compile_opts *opts, lt_error *err)
{
	const unsigned char *text = (const unsigned char *)opts->text;
	unsigned line = 1;

	for (uint64_t i = 0; i < opts->text_size; i++) {
		int follow = text[i] < 0x80 ? 0 : (text[i] & 0xe0) == 0xc0 ? 1 : (text[i] & 0xf0) == 0xe0 ? 2 :
			     (text[i] & 0xf8) == 0xf0 ? 3 : -1;

		if (!text[i])
			return lt_fail(err, -EILSEQ, LT_CC_TEXT_NAME ":%u: the text has a NUL byte; remove it", line);
		if (text[i] == '\n')
			line++;
		for (; follow > 0 && i + 1 < opts->text_size && (text[i + 1] & 0xc0) == 0x80; follow--)
			i++;
		if (follow)
			return lt_fail(err, -EILSEQ, LT_CC_TEXT_NAME ":%u: the text is not UTF-8 (byte 0x%02x); save it as UTF-8",
				       line, text[i]);
	}
	return 0;
}

static int check_kernel(const lt_compile_opts *opts, lt_error *err)
{
	const char *release = opts->kernel_release;

	if (release && (strchr(release, '/') || !lt_kernel_version_code(release)))
		return lt_fail(err, -EINVAL, "kernel '%s': not a release such as 6.1.0-45-amd64", release);
	if (opts->config_path && access(opts->config_path, R_OK))
		return lt_fail(err, -errno, "kernel configuration: %s: %s", opts->config_path, strerror(errno));
	return 0;
}

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
static int find_compiler(char *path, size_t size, lt_error *err)
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
		       "it belongs to the same installation as luatrace", self, self, places[1]);
}

/* The child works in another directory, so include directories go to it as absolute paths. */
static char *absolute_cflag(const lt_compile_opts *opts, uint32_t index)
{
	const char *directory = lt_include_directory(opts, index), *flag = opts->cflags[index];
	char path[PATH_MAX], *absolute;

	if (!directory || !realpath(directory, path))
		return strdup(flag);
	if (asprintf(&absolute, "%.*s%s", (int)(directory - flag), flag, path) < 0)
		return NULL;
	return absolute;
}

static bool is_running_kernel(const lt_compile_opts *opts)
{
	return !opts->btf_path && !opts->kernel_release && !opts->config_path;
}

static char **make_arguments(const lt_compile_opts *opts)
{
	size_t count = 0;
	char **arguments = calloc(opts->cflag_count + opts->type_count + 13, sizeof(*arguments));
	bool ok = arguments;

	if (!ok)
		return NULL;
	arguments[count++] = strdup("luatrace-cc");
	ok = asprintf(&arguments[count++], "--emit=%s", emit_names[opts->emit]) > 0;
	if (lt_verbosity() > 0)
		arguments[count++] = strdup("--verbose");
	if (opts->btf_path && !opts->kernel_release)
		arguments[count++] = strdup("--foreign");
	ok = ok && asprintf(&arguments[count++], "--version-code=%u", opts->kernel_release ?
			    lt_kernel_version_code(opts->kernel_release) : lt_kernel_running_code()) > 0;
	ok = ok && asprintf(&arguments[count++], "--hz=%u", is_running_kernel(opts) ? lt_kernel_hz() : 0) > 0;
	ok = ok && asprintf(&arguments[count++], "--cpus=%d", lt_cpu_possible()) > 0;
	for (uint32_t i = 0; ok && i < opts->type_count; i++)
		ok = asprintf(&arguments[count++], "--type=%s", opts->types[i]) > 0;
	arguments[count++] = strdup("--");
	for (uint32_t i = 0; ok && i < opts->cflag_count; i++)
		ok = (arguments[count++] = absolute_cflag(opts, i));
	return ok ? arguments : NULL;
}

static void free_arguments(char **arguments)
{
	for (char **at = arguments; at && *at; at++)
		free(*at);
	free(arguments);
}

/* Between fork and exec only what is safe there. The descriptors are moved out of the way first: one of them may
 * be 0 to 3 itself. */
static void run_child(const struct compile *c, const char *path, char **arguments, pid_t parent)
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
	execve(path, arguments, environment);
	_exit(127);
}

static int start(struct compile *c)
{
	int sockets[2], failed;
	pid_t parent = getpid();

	c->text_fd = memory_file(c->opts->text, c->opts->text_size);
	c->out_fd = memory_file(NULL, 0);
	c->messages_fd = memory_file(NULL, 0);
	if (c->text_fd < 0 || c->out_fd < 0 || c->messages_fd < 0)
		return lt_fail(c->err, -errno, "compile: no memory file: %s", strerror(errno));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return lt_fail(c->err, -errno, "compile: no socket: %s", strerror(errno));
	c->ask_fd = sockets[0];
	c->child_ask_fd = sockets[1];
	c->child = fork();
	if (!c->child)
		run_child(c, c->path, c->arguments, parent);
	failed = c->child < 0 ? -errno : 0;
	close(c->child_ask_fd);
	c->child_ask_fd = -1;
	return failed ? lt_fail(c->err, failed, "compile: fork: %s", strerror(-failed)) : 0;
}

static void end_child(struct compile *c)
{
	if (c->child <= 0)
		return;
	kill(c->child, SIGKILL);
	while (waitpid(c->child, &c->status, 0) < 0 && errno == EINTR)
		;
	c->child = 0;
}

/* Looked at while waiting: whether to wait on. */
static int check_wait(struct compile *c)
{
	if (lt_interrupted()) {
		end_child(c);
		return lt_fail(c->err, -EINTR, "interrupted while compiling");
	}
	if (lt_now() > c->deadline) {
		end_child(c);
		return lt_fail(c->err, -ETIMEDOUT, "the text takes more than %d seconds to compile, which is the limit; is there "
			       "a macro or an #include that never ends?", LT_CC_WALL_SECONDS);
	}
	return 0;
}

/* Until the child closes its end of the socket, which is when it ends. */
static int serve(struct compile *c)
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
		if (count > 0 && !lt_compile_answer(c->ask_fd, c->opts, &c->cache))
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

static void close_files(struct compile *c)
{
	int fds[] = { c->text_fd, c->out_fd, c->messages_fd, c->ask_fd, c->child_ask_fd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* What luatrace-cc is to be told, and whether it has been told before. */
static int prepare(struct compile *c)
{
	int failed = find_compiler(c->path, sizeof(c->path), c->err);

	if (failed)
		return failed;
	c->arguments = make_arguments(c->opts);
	if (!c->arguments)
		return lt_fail(c->err, -ENOMEM, "compile: out of memory");
	lt_compile_cache_begin(&c->cache, c->opts, c->arguments, c->path);
	return 0;
}

static int run(struct compile *c, lt_blob *out, lt_blob *messages)
{
	int failed = start(c);

	if (!failed)
		failed = serve(c);
	if (!failed)
		failed = lt_compile_result(&(struct compile_outcome){ c->status, c->out_fd, c->messages_fd }, out, messages,
					   c->err);
	if (!failed)
		lt_compile_cache_keep(&c->cache, out, messages);
	end_child(c);
	close_files(c);
	return failed;
}

int lt_compile(const lt_compile_opts *opts, lt_blob *out, lt_blob *messages, lt_error *err)
{
	struct compile c = {
		.opts = opts, .err = err, .deadline = lt_now() + LT_CC_WALL_SECONDS * 1000000000ull,
		.text_fd = -1, .out_fd = -1, .messages_fd = -1, .ask_fd = -1, .child_ask_fd = -1,
	};
	int failed;

	*out = (lt_blob){ 0 };
	*messages = (lt_blob){ 0 };
	if (opts->emit < 0 || (size_t)opts->emit >= sizeof(emit_names) / sizeof(*emit_names))
		return lt_fail(err, -EINVAL, "compile: unknown stage %d", opts->emit);
	failed = check_text(opts, err);
	if (!failed)
		failed = check_kernel(opts, err);
	if (!failed)
		failed = prepare(&c);
	if (!failed && !lt_compile_cache_find(&c.cache, out, messages))
		failed = run(&c, out, messages);
	free_arguments(c.arguments);
	lt_compile_cache_end(&c.cache);
	return failed;
}
