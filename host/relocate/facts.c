/* SPDX-License-Identifier: MIT */
#include "target.h"
#include "../error.h"
#include "../kernel/config_file.h"
#include "../kernel/kernel_config.h"
#include "../kernel/kernel_version.h"
#include "../kernel/portable.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool root_is(const struct spec *spec, const char *name)
{
	return spec->root_length == strlen(name) && !memcmp(spec->root, name, spec->root_length);
}

bool is_fact(const struct spec *spec)
{
	return spec->enumerator && (root_is(spec, LT_FACT_ENUM) || root_is(spec, LT_CONFIG_ENUM));
}

static char *read_config(const char *name)
{
	const lt_compile_opts running = { 0 };
	char reason[512] = "it cannot be read", *data = NULL, *lines = NULL;
	size_t size = 0;
	int fd = lt_kernel_config_open(&running, reason, sizeof(reason));
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	FILE *copy = file ? open_memstream(&data, &size) : NULL;
	char part[8192];
	size_t got;

	while (copy && (got = fread(part, 1, sizeof(part), file)))
		fwrite(part, 1, got, copy);
	if (copy && !fclose(copy))
		lines = config_unpack(data, size);
	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	free(data);
	if (!lines)
		lt_verbose(1, "object: %s is taken as not set: the kernel's configuration: %s", name, reason);
	return lines;
}

static uint64_t config_value(struct target *target, const char *name)
{
	static const char module[] = "_MODULE";
	size_t length = strlen(name), size = 0;
	const char *value;
	char option[256];

	if (!target->config_asked)
		target->config = read_config(name);
	target->config_asked = true;
	value = target->config ? config_find(target->config, name, &size) : NULL;
	if (value && *value != 'm')
		return *value == 'y' ? 1 : strtoull(value, NULL, 0);
	if (length <= strlen(module) || strcmp(name + length - strlen(module), module) || length >= sizeof(option))
		return 0;
	snprintf(option, sizeof(option), "%.*s", (int)(length - strlen(module)), name);
	value = target->config ? config_find(target->config, option, &size) : NULL;
	return value && *value == 'm';
}

bool fact_value(struct target *target, const struct spec *spec, uint64_t *value)
{
	if (root_is(spec, LT_CONFIG_ENUM))
		*value = config_value(target, spec->enumerator);
	else if (!strcmp(spec->enumerator, LT_FACT_VERSION))
		*value = lt_kernel_running_code();
	else if (!strcmp(spec->enumerator, LT_FACT_CPUS))
		*value = lt_cpu_possible();
	else	/* what is divided by it is better refused than 0 */
		return (*value = lt_kernel_hz() ? lt_kernel_hz() : config_value(target, "CONFIG_HZ"));
	return true;
}
