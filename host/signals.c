/* SPDX-License-Identifier: MIT
 *
 * Signals that a script has functions for. The handler only notes that one came; the loop asks.
 */
#include "signals.h"
#include "error.h"
#include <errno.h>
#include <signal.h>
#include <string.h>

/* SIGINT and SIGTERM end a run (process.c); the others either cannot be caught or mean an error in the process. */
static const struct {
	const char *name;
	int number;
} known[] = {
	{ "HUP", SIGHUP }, { "QUIT", SIGQUIT }, { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 },
	{ "ALRM", SIGALRM }, { "CONT", SIGCONT }, { "WINCH", SIGWINCH },
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static volatile sig_atomic_t caught[NSIG], any_caught;

static void on_signal(int number)
{
	caught[number] = 1;
	any_caught = 1;
}

int lt_signal_catch(const char *name, int32_t on, lt_error *err)
{
	struct sigaction action = { .sa_handler = on ? on_signal : SIG_DFL, .sa_flags = SA_RESTART };
	sigset_t set;

	for (int i = 0; i < KNOWN; i++) {
		if (strcmp(known[i].name, name))
			continue;
		sigemptyset(&set);
		sigaddset(&set, known[i].number);
		if (sigaction(known[i].number, &action, NULL) || sigprocmask(SIG_UNBLOCK, &set, NULL))
			return lt_fail(err, -errno, "signal %s: %s", name, strerror(errno));
		return 0;
	}
	if (!strcmp(name, "INT") || !strcmp(name, "TERM"))
		return lt_fail(err, -EINVAL, "signal %s: it ends the run: what is to be done then stands after BPF.run()",
			       name);
	return lt_fail(err, -EINVAL, "signal %s: not one that a script can have a function for; those are HUP QUIT USR1 "
		       "USR2 ALRM CONT WINCH", name);
}

bool lt_signal_pending(void)
{
	return any_caught;
}

const char *lt_signal_take(void)
{
	if (!any_caught)
		return NULL;
	/* Cleared ahead of the look at each: one that comes meanwhile sets it again. */
	any_caught = 0;
	for (int i = 0; i < KNOWN; i++) {
		if (!caught[known[i].number])
			continue;
		caught[known[i].number] = 0;
		any_caught = 1;
		return known[i].name;
	}
	return NULL;
}
