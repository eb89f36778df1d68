/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_NETDEV_H
#define LT_TRACE_NETDEV_H
#include "../error.h"

/* Index of a network interface of this network namespace, or -ENODEV, with a message that names near ones. */
int lt_netdev_index(const char *kind, const char *name, lt_error *err);

#endif
