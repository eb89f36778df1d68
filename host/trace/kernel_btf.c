/* SPDX-License-Identifier: MIT
 *
 * Questions of scripts about the kernel's types.
 */
#include "../error.h"
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool has_member(const struct btf *btf, uint32_t id, const char *name, int depth)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	const struct btf_member *members;

	if (!type || depth > 16 || !btf_is_composite(type))
		return false;
	members = btf_members(type);
	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		const char *own = btf__name_by_offset(btf, members[i].name_off);
		int inner;

		if (!strcmp(own, name))
			return true;
		/* members of an unnamed struct are the outer one's */
		inner = *own ? 0 : btf__resolve_type(btf, members[i].type);
		if (inner > 0 && has_member(btf, (uint32_t)inner, name, depth + 1))
			return true;
	}
	return false;
}

int lt_kernel_has_field(const char *tag, const char *field)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool found = false, any = false;

	if (!btf)
		return -ENOENT;
	/* the kernel has several structs of some names */
	for (uint32_t id = 1; id < btf__type_cnt(btf) && !found; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!btf_is_composite(type) || strcmp(btf__name_by_offset(btf, type->name_off), tag))
			continue;
		any = true;
		found = has_member(btf, id, field, 0);
	}
	btf__free(btf);
	return found ? 1 : any ? 0 : -ENOENT;
}
