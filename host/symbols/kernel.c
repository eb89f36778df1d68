/* SPDX-License-Identifier: MIT
 *
 * The running kernel's symbols, one table for the process.
 */
#include "symbols.h"
#include "ksyms.h"
#include "../error.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static lt_ksyms *kernel;
/* Why there is no table: asked again for every frame of every stack, it must not be looked for again each time. */
static lt_error failure;

static int get(lt_ksyms **out, lt_error *err)
{
	if (!kernel && !failure.code)
		lt_ksyms_load("/proc/kallsyms", &kernel, &failure);
	*out = kernel;
	return failure.code ? lt_fail(err, failure.code, "%s", failure.message) : 0;
}

static int restriction(const char *path)
{
	FILE *file = fopen(path, "re");
	int value = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

static int hidden(lt_error *err)
{
	int level = restriction("/proc/sys/kernel/kptr_restrict");

	if (level >= 2)
		return lt_fail(err, -EPERM, "kernel symbols: their addresses are hidden from everyone: "
			       "kernel.kptr_restrict is %d; sysctl kernel.kptr_restrict=1 shows them to root", level);
	return lt_fail(err, -EPERM, "kernel symbols: their addresses are hidden from this process; "
		       "run as root or with CAP_SYSLOG%s", level == 1 ? " (kernel.kptr_restrict is 1)" : "");
}

int lt_ksym(uint64_t address, lt_symbol *out, lt_error *err)
{
	lt_ksyms *ksyms;
	int ret = get(&ksyms, err);

	if (ret)
		return ret;
	ret = lt_ksyms_find(ksyms, address, out);
	if (ret == -EPERM)
		return hidden(err);
	if (ret)
		return lt_fail(err, ret, "kernel address 0x%" PRIx64 ": no symbol covers it", address);
	return 0;
}

int lt_ksym_address(const char *name, uint64_t *address, lt_error *err)
{
	char near[512] = "";
	lt_ksyms *ksyms;
	int ret = get(&ksyms, err);

	if (ret)
		return ret;
	ret = lt_ksyms_address(ksyms, name, address);
	if (ret == -EPERM)
		return hidden(err);
	if (ret == -ENOMEM)
		return lt_fail(err, ret, "kernel symbol '%s': out of memory", name);
	if (ret && err && lt_ksym_similar(name, near, sizeof(near)))
		return lt_fail(err, ret, "kernel symbol '%s': no such symbol; similar: %s", name, near);
	return ret ? lt_fail(err, ret, "kernel symbol '%s': no such symbol", name) : 0;
}

int lt_ksym_similar(const char *name, char *out, size_t size)
{
	lt_similar similar;
	lt_ksyms *ksyms;

	if (size)
		out[0] = '\0';
	if (get(&ksyms, NULL))
		return 0;
	lt_similar_start(&similar, name);
	lt_ksyms_offer(ksyms, &similar);
	return lt_similar_list(&similar, out, size);
}

int lt_ksym_match(const struct lt_pattern *pattern, lt_ksym_visitor *each, void *arg, lt_error *err)
{
	lt_ksyms *ksyms;
	int ret = get(&ksyms, err);

	return ret ? ret : lt_ksyms_match(ksyms, pattern, each, arg);
}
