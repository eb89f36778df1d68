/* SPDX-License-Identifier: MIT
 *
 * Questions of scripts about the kernel's types.
 */
#include "types.h"
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

int lt_kernel_has_field(const char *tag, const char *field)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct lt_type_member member;
	bool found = false, any = false;

	if (!btf)
		return -ENOENT;
	/* the kernel has several structs of some names */
	for (uint32_t id = 1; id < btf__type_cnt(btf) && !found; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!btf_is_composite(type) || strcmp(btf__name_by_offset(btf, type->name_off), tag))
			continue;
		any = true;
		found = lt_type_member(btf, id, field, &member);
	}
	btf__free(btf);
	return found ? 1 : any ? 0 : -ENOENT;
}
