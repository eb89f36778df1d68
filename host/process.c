/* SPDX-License-Identifier: MIT
 *
 * The process: signals, time, what it runs on.
 */
#include "luatrace.h"
#include "signals.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* timeout(1) sends its signal to the process and at once again to the process group: one request, two deliveries. */
#define SAME_REQUEST_NS 50000000ull

static volatile sig_atomic_t interrupted;
static volatile pid_t first_sender;
static volatile uint64_t first_time;
static void (*volatile call_on_interrupt)(void);

int lt_abi_version(void)
{
	return LT_ABI_VERSION;
}

const char *lt_version(void)
{
	return LT_VERSION;
}

uint64_t lt_clock(int32_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now))
		return 0;
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

uint64_t lt_now(void)
{
	return lt_clock(CLOCK_MONOTONIC);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	pid_t sender = info->si_code == SI_USER ? info->si_pid : 0;
	void (*call)(void) = call_on_interrupt;
	int saved = errno;

	(void)context;
	if (!interrupted || (call && interrupted == SIGINT && number == SIGTERM)) {
		first_sender = sender;
		first_time = lt_now();
		interrupted = number;
	} else if ((!call || number != SIGINT) &&
		   (!sender || sender != first_sender || lt_now() - first_time > SAME_REQUEST_NS)) {
		/* The signal is blocked in here: the default action takes place on return. */
		signal(number, SIG_DFL);
		raise(number);
	}
	if (call)
		call();
	errno = saved;
}

int lt_signals_install(void)
{
	/* SA_RESTART: without it a signal in the middle of a print loses what stdio was writing. The calls that are
	 * meant to end on a signal (poll, epoll_wait) do so all the same. An inherited SIG_IGN is overridden: a shell
	 * starts `luatrace x.lua &` with SIGINT ignored, and `kill -INT` is how a script ends such a tracer. */
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
	/* Lua's print does not look at errors: only SIGPIPE's default action ends a tracer whose reader has gone. While
	 * SIGCHLD is ignored, the kernel tells of no child's end, neither a command's nor the compiler's. */
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	action.sa_mask = signals;
	if (sigaction(SIGINT, &action, NULL) || sigaction(SIGTERM, &action, NULL) ||
	    sigaction(SIGPIPE, &usual, NULL) || sigaction(SIGCHLD, &usual, NULL))
		return -errno;
	sigaddset(&signals, SIGPIPE);
	return sigprocmask(SIG_UNBLOCK, &signals, NULL) ? -errno : 0;
}

void lt_signals_on_interrupt(void (*call)(void))
{
	call_on_interrupt = call;
}

uint64_t lt_signals_first_time(void)
{
	return first_time;
}

int lt_interrupted(void)
{
	return interrupted;
}

void lt_interrupt_clear(void)
{
	sig_atomic_t expected = SIGINT;

	if (!call_on_interrupt)
		interrupted = 0;
	else	/* SIGTERM ends more than what runs now: also one that comes right here stays */
		__atomic_compare_exchange_n(&interrupted, &expected, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void lt_suspend(void)
{
	kill(getpid(), SIGTSTP);
}

int lt_sleep(uint64_t ns)
{
	uint64_t start = lt_now();
	uint64_t end = ns > UINT64_MAX - start ? UINT64_MAX : start + ns;
	sigset_t signals, before;
	int result = 0;

	/* Blocked between the look at the flag and the wait: a signal in that gap would be slept through. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	for (;;) {
		uint64_t now = lt_now();
		struct timespec left;

		if (interrupted) {
			result = -EINTR;
			break;
		}
		if (now >= end)
			break;
		left.tv_sec = (time_t)((end - now) / 1000000000ull);
		left.tv_nsec = (long)((end - now) % 1000000000ull);
		ppoll(NULL, 0, &left, &before);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return result;
}

int lt_cpu_possible(void)
{
	return libbpf_num_possible_cpus();
}

uint32_t lt_umask(uint32_t mask)
{
	return umask((mode_t)mask);
}

int lt_directory_make(const char *path)
{
	return mkdir(path, 0777) ? -errno : 0;
}

int lt_file_kind(const char *path)
{
	struct stat found;

	if (lstat(path, &found) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISREG(found.st_mode) ? 1 : 2;
}
