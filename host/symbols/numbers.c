/* SPDX-License-Identifier: MIT
 *
 * Names of the numbers by which the kernel tells of errors and signals.
 */
#include "../luatrace.h"
#include <string.h>

/* What a system call's exit may have that no program is ever told. */
static const struct {
	int32_t number;
	const char *name;
} inner[] = {
	{ 512, "ERESTARTSYS" }, { 513, "ERESTARTNOINTR" }, { 514, "ERESTARTNOHAND" }, { 515, "ENOIOCTLCMD" },
	{ 516, "ERESTART_RESTARTBLOCK" }, { 517, "EPROBE_DEFER" }, { 518, "EOPENSTALE" }, { 524, "ENOTSUPP" },
	{ 529, "EIOCBQUEUED" },
};

const char *lt_errno_name(int32_t number)
{
	for (size_t i = 0; i < sizeof(inner) / sizeof(*inner); i++)
		if (inner[i].number == number)
			return inner[i].name;
	return number > 0 ? strerrorname_np(number) : NULL;
}

const char *lt_errno_text(int32_t number)
{
	const char *text = strerrordesc_np(number);

	return text ? text : "unknown error";
}

const char *lt_signal_name(int32_t number)
{
	return sigabbrev_np(number);
}
