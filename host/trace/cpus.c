/* SPDX-License-Identifier: MIT */
#include "cpus.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_CPUS = 65536 };

int lt_cpus_parse(const char *list, int32_t **out)
{
	int32_t *cpus = NULL;
	int count = 0;

	while (*list && *list != '\n') {
		char *end;
		long first = strtol(list, &end, 10), last = first;
		int32_t *more;

		if (end == list)
			goto malformed;
		if (*end == '-') {
			list = end + 1;
			last = strtol(list, &end, 10);
			if (end == list)
				goto malformed;
		}
		if (first < 0 || last < first || last >= MOST_CPUS)
			goto malformed;
		more = realloc(cpus, ((size_t)count + (size_t)(last - first) + 1) * sizeof(*cpus));
		if (!more) {
			free(cpus);
			return -ENOMEM;
		}
		cpus = more;
		while (first <= last)
			cpus[count++] = (int32_t)first++;
		list = *end == ',' ? end + 1 : end;
	}
	if (!count)
		return -EINVAL;
	*out = cpus;
	return count;

malformed:
	free(cpus);
	return -EINVAL;
}

int lt_cpus_online(int32_t **out)
{
	char text[4096];
	int fd = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return -EIO;
	text[length] = '\0';
	return lt_cpus_parse(text, out);
}
