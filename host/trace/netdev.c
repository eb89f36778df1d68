/* SPDX-License-Identifier: MIT */
#include "netdev.h"
#include "near.h"
#include <errno.h>
#include <net/if.h>
#include <string.h>

int lt_netdev_index(const char *kind, const char *name, lt_error *err)
{
	unsigned int index = if_nametoindex(name);
	int code = errno;
	char names[LT_NEAR_SIZE];
	struct if_nameindex *all;
	lt_similar similar;

	if (index)
		return (int)index;
	if (code != ENODEV)
		return lt_fail(err, -code, "%s '%s': %s", kind, name, strerror(code));
	all = if_nameindex();
	lt_similar_start(&similar, name);
	for (const struct if_nameindex *each = all; each && each->if_name; each++)
		lt_similar_offer(&similar, each->if_name, strlen(each->if_name));
	lt_near_write(&similar, names, sizeof(names));
	if (all)
		if_freenameindex(all);
	return lt_fail(err, -ENODEV, "%s '%s': there is no such network interface%s", kind, name, names);
}
