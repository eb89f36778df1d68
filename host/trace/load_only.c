/* SPDX-License-Identifier: MIT
 *
 * Kinds of program that can be loaded, and so shown to the verifier, but not attached from here.
 */
#include "prog_type.h"
#include <linux/bpf.h>

const struct lt_probe_ops lt_lwt_in_ops = {
	.name = "lwt_in",
	.sections = (const char *const[]){ "lwt_in", NULL },
	.prog_type = BPF_PROG_TYPE_LWT_IN,
	.supported = lt_prog_type_supported,
};

const struct lt_probe_ops lt_lwt_out_ops = {
	.name = "lwt_out",
	.sections = (const char *const[]){ "lwt_out", NULL },
	.prog_type = BPF_PROG_TYPE_LWT_OUT,
	.supported = lt_prog_type_supported,
};

const struct lt_probe_ops lt_lwt_xmit_ops = {
	.name = "lwt_xmit",
	.sections = (const char *const[]){ "lwt_xmit", NULL },
	.prog_type = BPF_PROG_TYPE_LWT_XMIT,
	.supported = lt_prog_type_supported,
};
