/* SPDX-License-Identifier: MIT
 *
 * What the kinds share whose programs are loaded for one function or event that the kernel's BTF describes.
 */
#ifndef LT_TRACE_BTF_PROGRAM_H
#define LT_TRACE_BTF_PROGRAM_H
#include "probe.h"

/* The function of a target "FUNCTION" or "MODULE:FUNCTION". The kernel's BTF and then each module's is searched for it;
 * libbpf before 1.5 takes no module with it. */
const char *lt_btf_program_function(const char *target);
/* Attaches a program that was loaded for `target`: 0 or -errno. Adds its descriptor to the link. */
int lt_btf_program_attach(struct lt_link *link, int prog_fd, const char *target, const char *mechanism);
/* Loads the smallest program there is for `example`, a target that every kernel has. Says why it could not: the
 * kernel's refusal with `instead`, what to do then, or a missing privilege or BTF. */
int lt_btf_program_supported(const struct lt_probe_ops *ops, const char *example, const char *instead, lt_error *err);
/* The message for a kernel that refuses such programs, of one target or (NULL) at all. */
int lt_btf_program_refused(const char *kind, const char *target, int code, const char *instead, lt_error *err);

#endif
