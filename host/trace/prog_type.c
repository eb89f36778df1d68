/* SPDX-License-Identifier: MIT */
#include "prog_type.h"
#include "privilege.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

int lt_prog_type_supported(const struct lt_probe_ops *ops, lt_error *err)
{
	int code = libbpf_probe_bpf_prog_type(ops->prog_type, NULL);
	char text[256];

	if (code > 0)
		return 0;
	if (lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, text, sizeof(text)))
		return lt_fail(err, -EPERM, "%s: %s", ops->name, text);
	return lt_fail(err, code < 0 ? code : -EOPNOTSUPP, "%s: %s", ops->name,
		       code < 0 ? strerror(-code) : "this kernel does not take such programs");
}

int lt_net_prog_explain_load(const struct lt_probe_ops *ops, const char *target, int code, lt_error *err)
{
	char text[256];

	(void)target;
	if (code != -EPERM || !lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_NET_ADMIN, text, sizeof(text)))
		return 0;
	return lt_fail(err, code, "%s: %s", ops->name, text);
}
