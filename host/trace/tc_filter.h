/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_TC_FILTER_H
#define LT_TRACE_TC_FILTER_H
#include "probe.h"

/* Attaches a program to an interface for a kernel without TCX. */
int lt_tc_filter_attach(struct lt_link *link, int prog_fd, const char *dev, int index, bool egress, lt_error *err);

#endif
