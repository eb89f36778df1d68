/* SPDX-License-Identifier: MIT
 *
 * Running the clang driver without a file on disk: headers and text are memory files that a virtual file system
 * overlay gives their names, so nothing has to be removed afterwards, whatever happens.
 */
#include "clang.h"
#include "compile_protocol.h"
#include "ask.h"
#include "confine.h"
#include "headers.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOT "/luatrace/"

static bool write_whole(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t wrote = write(fd, data, size);

		if (wrote < 0 && errno != EINTR)
			return false;
		data += wrote > 0 ? wrote : 0;
		size -= wrote > 0 ? wrote : 0;
	}
	return true;
}

/* Not close-on-exec: clang opens it as /proc/self/fd/N. */
static int memory_file(const char *data, size_t size)
{
	int fd = memfd_create("luatrace", 0);

	if (fd < 0 || !write_whole(fd, data, size))
		die("memory file: %s", strerror(errno));
	return fd;
}

struct files {
	int fds[256];
	int count;
};

static void add_descriptor(struct files *files, struct text *overlay, const char *path, int fd)
{
	/* one is left for the overlay itself */
	if (files->count + 1 == sizeof(files->fds) / sizeof(*files->fds))
		die("the text includes too many headers");
	files->fds[files->count++] = fd;
	text_printf(overlay, "%s{'name':'%s','type':'file','external-contents':'/proc/self/fd/%d'}",
		    files->count > 1 ? "," : "", path, fd);
}

static void add_file(struct files *files, struct text *overlay, const char *path, const char *data, size_t size)
{
	add_descriptor(files, overlay, path, memory_file(data, size));
}

static int make_overlay(const struct clang_job *job, int generated, struct files *files)
{
	struct text overlay = { 0 };
	char path[320];

	text_add(&overlay, "{'version':0,'use-external-names':false,'fallthrough':false,'roots':[");
	for (const struct header *header = headers; header->path; header++) {
		snprintf(path, sizeof(path), ROOT "%s", header->path);
		add_file(files, &overlay, path, header->data, header->size);
	}
	add_descriptor(files, &overlay, ROOT "generated.h", generated);
	for (int i = 0; job->source->empty_headers[i]; i++) {
		snprintf(path, sizeof(path), ROOT "include/%s", job->source->empty_headers[i]);
		add_file(files, &overlay, path, "", 0);
	}
	for (size_t i = 0; i < job->source->own_count; i++) {
		const struct own_header *own = &job->source->own_headers[i];

		/* a name that YAML would have to escape: clang then looks for the file itself */
		if (!strpbrk(own->path, "'\\\n"))
			add_file(files, &overlay, own->path, own->data, own->size);
	}
	/* no fallthrough: what is not listed is not there for clang, so the text is listed under its own name too */
	text_printf(&overlay, ",{'name':'/proc/self/fd/%d','type':'file','external-contents':'/proc/self/fd/%d'}]}",
		    job->text_fd, job->text_fd);
	files->fds[files->count] = memory_file(overlay.data, overlay.size);
	text_free(&overlay);
	return files->fds[files->count++];
}

struct arguments {
	char *list[512];
	int count;
};

static void add(struct arguments *arguments, const char *argument)
{
	if (arguments->count + 1 >= (int)(sizeof(arguments->list) / sizeof(*arguments->list)))
		die("too many compiler flags");
	arguments->list[arguments->count++] = copy_string(argument, strlen(argument));
}

#if defined(__x86_64__)
#define ARCH_DEFINES "-D__TARGET_ARCH_x86", "-D__x86_64__"
#else
#define ARCH_DEFINES "-D__TARGET_ARCH_arm64", "-D__aarch64__"
#endif

static void fill_arguments(struct arguments *arguments, const struct clang_job *job, int overlay)
{
	/* no-delete-null-pointer-checks, no-strict-aliasing, wrapv: kernel code is written for them.
	 * bracket-depth: what a deep text meets, before its stack ends; clang 22's own number is too large for that. */
	static const char *const fixed[] = {
		"clang", "-fintegrated-cc1", "-target", "bpf", "-mcpu=v3", "-O2", "-xc", "-std=gnu11", "-nostdinc", "-g",
		"-fdebug-compilation-dir=/luatrace", "-fno-crash-diagnostics", "-fbracket-depth=256",
		"-fno-delete-null-pointer-checks", "-fno-strict-aliasing", "-fwrapv", "-fno-stack-protector",
		"-Wno-pointer-sign", "-Wno-unknown-attributes", "-Wno-unused-value", "-Wno-gnu-variable-sized-type-not-at-end",
		/* a program may be called exit or fmod */
		"-Wno-incompatible-library-redeclaration", "-fno-builtin-exit", "-fno-builtin-_exit", "-fno-builtin-_Exit",
		"-fno-builtin-abort", "-fno-builtin-vfork", "-fno-builtin-longjmp", "-fno-builtin-siglongjmp",
		"-Wno-address-of-packed-member", "-Wno-microsoft-anon-tag", "-fms-extensions",
		"-Wno-compare-distinct-pointer-types", "-Wno-error=incompatible-pointer-types",
		"-Wno-error=int-conversion", "-D__BPF_TRACING__", "-D__KERNEL__", ARCH_DEFINES,
		"-include", ROOT "types.h", "-include", ROOT "generated.h",
	};
	char argument[128];

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		add(arguments, fixed[i]);
	for (const struct header *header = headers; header->path; header++)
		if (is_dialect(header)) {
			snprintf(argument, sizeof(argument), ROOT "%s", header->path);
			add(arguments, "-include");
			add(arguments, argument);
		}
	/* the parent paints what it shows, when it has made it harmless */
	add(arguments, "-fno-color-diagnostics");
	snprintf(argument, sizeof(argument), "/proc/self/fd/%d", overlay);
	add(arguments, "-ivfsoverlay");
	add(arguments, argument);
	/* the text's own flags before our headers: its include directories go first */
	for (int i = 0; i < job->cflag_count; i++)
		add(arguments, job->cflags[i]);
	add(arguments, "-isystem");
	add(arguments, ROOT "include");
	if (job->preprocess) {
		add(arguments, "-E");
	} else {
		add(arguments, "-Xclang");
		add(arguments, "-disable-llvm-passes");
		add(arguments, "-emit-llvm");
		add(arguments, "-c");
	}
	snprintf(argument, sizeof(argument), "-ffile-prefix-map=/proc/self/fd/%d=" ROOT LT_CC_TEXT_NAME, job->text_fd);
	add(arguments, argument);
	snprintf(argument, sizeof(argument), "/proc/self/fd/%d", job->text_fd);
	add(arguments, argument);
	add(arguments, "-o");
	add(arguments, "-");
}

/* clang names the text by its descriptor; people know it by another name. */
static void rename_text(struct text *messages, int text_fd, const char *raw, size_t size)
{
	char name[64];
	const char *found;

	snprintf(name, sizeof(name), "/proc/self/fd/%d:", text_fd);
	while ((found = memmem(raw, size, name, strlen(name)))) {
		text_append(messages, raw, found - raw);
		text_add(messages, LT_CC_TEXT_NAME ":");
		size -= found - raw + strlen(name);
		raw = found + strlen(name);
	}
	text_append(messages, raw, size);
}

static pid_t spawn(char **arguments, int output_fd, int messages_fd)
{
	static char *const no_environment[] = { "LC_ALL=C", NULL };
	pid_t child = fork();

	if (child < 0)
		die("fork: %s", strerror(errno));
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(output_fd, 1) < 0 || dup2(messages_fd, 2) < 0)
		_exit(127);
	close(LT_CC_ASK_FD);
	confine_to_one_process();
	execve(LT_CLANG, arguments, no_environment);
	dprintf(2, "%s: %s; install clang " LT_LLVM_VERSION " or rebuild luatrace for the version that is there\n",
		LT_CLANG, strerror(errno));
	_exit(127);
}

/* clang gives up with 70, or 128 and a signal's number, when it catches one itself. */
static int signal_of(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	return WEXITSTATUS(status) > 128 ? WEXITSTATUS(status) - 128 : WEXITSTATUS(status) == 70 ? SIGABRT : 0;
}

/* Ends the process when clang did not end by itself. Its stack means nothing to who wrote the text. */
static void check_death(int status, struct text *messages)
{
	static const char *const crash[] = { "PLEASE submit", "Stack dump:", "#0 0x" };
	int signal = signal_of(status);

	if (!signal)
		return;
	for (size_t i = 0; i < sizeof(crash) / sizeof(*crash); i++) {
		char *found = strstr(messages->data, crash[i]);

		if (found)
			*found = '\0';
	}
	if (signal == SIGXCPU)
		die("the text takes clang more than %d seconds of CPU time, which is the limit; is there a macro that "
		    "never ends?", LT_CC_CPU_SECONDS);
	if (strstr(messages->data, "out of memory") || strstr(messages->data, "bad_alloc"))
		die("the text takes clang more than %d MB of memory, which is the limit; is there a macro or an array that is too "
		    "large?", LT_CC_MEMORY_MB);
	if (signal == SIGSEGV)
		die("clang was ended by signal %d (%s), as by expressions or blocks that are nested too deeply\n%s", signal,
		    strsignal(signal), messages->data);
	die("clang was ended by signal %d (%s)\n%s", signal, strsignal(signal), messages->data);
}

void clang_start(struct clang_run *run, const struct clang_job *job)
{
	struct files files = { .count = 0 };
	struct arguments arguments = { .count = 0 };
	int generated[2];

	if (pipe(generated) || fcntl(generated[1], F_SETFD, FD_CLOEXEC))
		die("pipe: %s", strerror(errno));
	fill_arguments(&arguments, job, make_overlay(job, generated[0], &files));
	*run = (struct clang_run){
		.text_fd = job->text_fd, .generated_fd = generated[1],
		.output_fd = memory_file("", 0), .messages_fd = memory_file("", 0),
	};
	run->child = spawn(arguments.list, run->output_fd, run->messages_fd);
	for (int i = 0; i < files.count; i++)
		close(files.fds[i]);
	for (int i = 0; i < arguments.count; i++)
		free(arguments.list[i]);
}

int clang_finish(struct clang_run *run, const struct text *generated, struct text *output, struct text *messages)
{
	int status;
	size_t size;
	char *raw;

	/* a clang that wants no more has something to say */
	signal(SIGPIPE, SIG_IGN);
	if (!write_whole(run->generated_fd, generated->data, generated->size) && errno != EPIPE)
		die("pipe: %s", strerror(errno));
	close(run->generated_fd);
	while (waitpid(run->child, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	raw = read_whole(run->messages_fd, &size);
	if (!raw)
		die("clang's messages: %s", strerror(errno));
	text_add(messages, "");
	rename_text(messages, run->text_fd, raw, size);
	free(raw);
	output->data = read_whole(run->output_fd, &output->size);
	output->room = output->size;
	close(run->output_fd);
	close(run->messages_fd);
	check_death(status, messages);
	return WEXITSTATUS(status);
}
