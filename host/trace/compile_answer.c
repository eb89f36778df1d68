/* SPDX-License-Identifier: MIT
 *
 * Answering luatrace-cc: opening, with this process's rights, the few files that a text may have.
 */
#include "compile_answer.h"
#include "../error.h"
#include "../kernel/kernel_config.h"
#include "../kernel/module_btf.h"
#include "near.h"
#include "tracefs.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_name(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_' && *name != '-')
			return false;
	return true;
}

static int no_answer(struct lt_cc_answer *answer, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int no_answer(struct lt_cc_answer *answer, int code, const char *format, ...)
{
	va_list args;

	answer->code = code;
	va_start(args, format);
	vsnprintf(answer->reason, sizeof(answer->reason), format, args);
	va_end(args);
	return -1;
}

static int open_btf(const lt_compile_opts *opts, struct lt_cc_answer *answer)
{
	const char *path = opts->btf_path ? opts->btf_path : "/sys/kernel/btf/vmlinux";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT && !opts->btf_path)
		return no_answer(answer, -ENOENT, "kernel BTF: %s is missing: this kernel was built without "
				 "CONFIG_DEBUG_INFO_BTF; run a kernel that has it (all distributions' since 2021)", path);
	return no_answer(answer, -errno, "kernel BTF: %s: %s", path, strerror(errno));
}

static int open_format(const char *category, const char *event, struct lt_cc_answer *answer)
{
	char target[600], near[LT_NEAR_SIZE];
	lt_error why = { 0 };
	const char *tracefs = lt_tracefs(&why);
	lt_similar similar;
	int fd;

	if (!tracefs) {
		no_answer(answer, why.code, "%s", why.message);
		lt_error_clear(&why);
		return -1;
	}
	fd = lt_tracepoint_format(category, event);
	if (fd >= 0)
		return fd;
	if (fd != -ENOENT)
		return no_answer(answer, fd, "%s/events/%s/%s/format: %s%s", tracefs, category, event, strerror(-fd),
				 fd == -EACCES ? "; tracefs is for root: run as root" : "");
	snprintf(target, sizeof(target), "%s:%s", category, event);
	lt_similar_start(&similar, target);
	lt_tracepoint_offer(&similar, false);
	lt_near_write(&similar, near, sizeof(near));
	return no_answer(answer, fd, "no such tracepoint in this kernel%s", near);
}

const char *lt_include_directory(const lt_compile_opts *opts, uint32_t index)
{
	const char *flag = opts->cflags[index];
	const char *before = index ? opts->cflags[index - 1] : "";

	if (!strcmp(before, "-I") || !strcmp(before, "-isystem"))
		return flag;
	return !strncmp(flag, "-I", 2) && flag[2] ? flag + 2 : NULL;
}

/* Only below a directory that the script declared, whatever "..", links and the like the text puts in the path. */
static int open_include(const lt_compile_opts *opts, uint32_t index, const char *path, struct lt_cc_answer *answer)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	const char *directory = NULL;
	struct stat info;
	int top, fd, code;

	for (uint32_t i = 0, seen = 0; i < opts->cflag_count && !directory; i++)
		if (lt_include_directory(opts, i) && seen++ == index)
			directory = lt_include_directory(opts, i);
	if (!directory)
		return no_answer(answer, -EINVAL, "no such include directory");
	top = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return no_answer(answer, -errno, "%s: %s", directory, strerror(errno));
	fd = syscall(SYS_openat2, top, path, &how, sizeof(how));
	code = errno;
	close(top);
	if (fd < 0)
		return no_answer(answer, -code, "%s: %s", path, code == EXDEV ? "outside of its include directory" : strerror(code));
	if (fstat(fd, &info) || !S_ISREG(info.st_mode)) {
		close(fd);
		return no_answer(answer, -EINVAL, "%s: not a file", path);
	}
	return fd;
}

static int answer_fd(int fd, struct lt_cc_answer *answer, const char *what)
{
	return fd >= 0 ? fd : no_answer(answer, fd, "%s: %s", what, strerror(-fd));
}

/* The question comes from a process that compiles untrusted text: it names files by parts that are checked. */
int lt_compile_open(const lt_compile_opts *opts, const char *question, struct lt_cc_answer *answer)
{
	char category[256], event[256], module[256];
	unsigned directory;
	int path = 0;

	if (!strcmp(question, "btf vmlinux"))
		return open_btf(opts, answer);
	if (!strcmp(question, "modules"))
		return answer_fd(lt_module_btf_list(opts), answer, "modules");
	if (sscanf(question, "btf %255s", module) == 1 && is_name(module))
		return answer_fd(lt_module_btf_open(opts, module), answer, module);
	if (!strcmp(question, "config")) {
		int fd = lt_kernel_config_open(opts, answer->reason, sizeof(answer->reason));

		answer->code = fd < 0 ? fd : 0;
		return fd < 0 ? -1 : fd;
	}
	if (sscanf(question, "tracepoint %255s %255s", category, event) == 2 && is_name(category) && is_name(event))
		return open_format(category, event, answer);
	if (sscanf(question, "include %u %n", &directory, &path) == 1 && path)
		return open_include(opts, directory, question + path, answer);
	return no_answer(answer, -EINVAL, "luatrace does not know the question '%s'", question);
}

bool lt_compile_answer(int ask_fd, const lt_compile_opts *opts, struct compile_cache *cache)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char question[LT_CC_QUESTION_MAX + 1];
	struct lt_cc_answer answer = { 0 };
	struct iovec part = { &answer, sizeof(answer) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t length = recv(ask_fd, question, LT_CC_QUESTION_MAX, MSG_DONTWAIT);
	bool sent;
	int fd;

	if (length <= 0)
		return length < 0 && (errno == EAGAIN || errno == EINTR);
	question[length] = '\0';
	fd = lt_compile_open(opts, question, &answer);
	lt_compile_cache_answered(cache, question, fd, &answer);
	if (fd >= 0) {
		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	/* whoever asks on without reading would keep this process waiting, past the limits and signals that it looks at */
	sent = sendmsg(ask_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
	if (fd >= 0)
		close(fd);
	return sent;
}
