/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_FENTRY_H
#define LT_TRACE_FENTRY_H
#include "probe.h"

/* Attaches a program that was loaded for one function or event; 0 or -errno. */
int lt_trampoline_attach(struct lt_link *link, int prog_fd, const char *target);

#endif
