/* SPDX-License-Identifier: MIT
 *
 * The table of probe kinds, and how a program's kind is told: by its section, its name, or its context.
 */
#include "probe.h"
#include "near.h"
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct lt_probe_ops *const kinds[] = {
	&lt_kprobe_ops, &lt_kretprobe_ops,
	&lt_uprobe_ops, &lt_uretprobe_ops, &lt_usdt_ops,
	&lt_tracepoint_ops,
	&lt_raw_tracepoint_ops,
	&lt_tp_btf_ops,
	&lt_fentry_ops, &lt_fexit_ops, &lt_fmod_ret_ops,
	&lt_lsm_ops,
	&lt_iter_ops,
	&lt_perf_event_ops,
	&lt_socket_ops, &lt_xdp_ops, &lt_tc_ops, &lt_cgroup_skb_ops,
	&lt_sock_ops_ops, &lt_sk_msg_ops, &lt_sk_skb_ops, &lt_cgroup_sock_ops,
	&lt_cgroup_sock_addr_ops, &lt_cgroup_sockopt_ops, &lt_cgroup_device_ops,
	&lt_lwt_in_ops, &lt_lwt_out_ops, &lt_lwt_xmit_ops,
};
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

const char *lt_kind_name(uint32_t index)
{
	return index < KIND_COUNT ? kinds[index]->name : NULL;
}

const struct lt_probe_ops *lt_probe_ops_named(const char *kind)
{
	for (int i = 0; i < KIND_COUNT; i++)
		if (!strcmp(kinds[i]->name, kind))
			return kinds[i];
	return NULL;
}

const struct lt_probe_ops *lt_probe_ops_require(const char *kind, const char *subject, lt_error *err)
{
	const struct lt_probe_ops *ops = lt_probe_ops_named(kind);
	lt_similar similar;
	char names[LT_NEAR_SIZE];

	if (ops)
		return ops;
	lt_similar_start(&similar, kind);
	for (int i = 0; i < KIND_COUNT; i++)
		lt_similar_offer(&similar, kinds[i]->name, strlen(kinds[i]->name));
	lt_near_write(&similar, names, sizeof(names));
	lt_fail(err, -EINVAL, "%s: '%s' is no kind of probe%s", subject, kind, names);
	return NULL;
}

const struct lt_probe_ops *lt_probe_ops_variant(const struct lt_probe_ops *ops, uint32_t attach_type)
{
	if (ops->attach_type == attach_type || (!ops->attach_type && !ops->variant_count))
		return ops;
	for (uint32_t i = 0; i < ops->variant_count; i++)
		if (ops->variants[i].attach_type == attach_type)
			return &ops->variants[i];
	return NULL;
}

int lt_kind_supported(const char *kind, lt_error *err)
{
	const struct lt_probe_ops *ops = lt_probe_ops_require(kind, "luatrace", err);

	if (!ops)
		return -EINVAL;
	return ops->supported(ops, err);
}

static void parse_target(const struct lt_probe_ops *ops, const char *word, const char *rest, char *target,
			 size_t size)
{
	if (ops->parse)
		ops->parse(word, rest, target, size);
	else
		snprintf(target, size, "%s", rest);
}

static bool has_section(const struct lt_probe_ops *ops, const char *section)
{
	for (const char *const *name = ops->sections; name && *name; name++)
		if (!strcmp(*name, section))
			return true;
	return false;
}

/* "cgroup/connect6" as a whole tells the kind and its variant. */
static const struct lt_probe_ops *kind_of_whole_section(const char *section)
{
	for (int i = 0; i < KIND_COUNT; i++) {
		if (has_section(kinds[i], section))
			return kinds[i];
		for (uint32_t j = 0; j < kinds[i]->variant_count; j++)
			if (has_section(&kinds[i]->variants[j], section))
				return &kinds[i]->variants[j];
	}
	return NULL;
}

const struct lt_probe_ops *lt_kind_of_section(const char *section, char *target, size_t size)
{
	const struct lt_probe_ops *ops;
	const char *slash;
	char word[64];
	size_t length;

	/* libbpf reads a leading '?' as "not loaded by itself" and a trailing ".s" as "may sleep". */
	if (*section == '?')
		section++;
	slash = strchr(section, '/');
	ops = slash ? kind_of_whole_section(section) : NULL;
	if (ops) {
		snprintf(target, size, "%s", "");
		return ops;
	}
	length = slash ? (size_t)(slash - section) : strlen(section);
	if (length >= sizeof(word))
		return NULL;
	memcpy(word, section, length);
	word[length] = '\0';
	if (length > 2 && !strcmp(word + length - 2, ".s"))
		word[length - 2] = '\0';

	for (int i = 0; i < KIND_COUNT; i++) {
		if (!has_section(kinds[i], word))
			continue;
		parse_target(kinds[i], word, slash ? slash + 1 : "", target, size);
		return kinds[i];
	}
	return NULL;
}

const struct lt_probe_ops *lt_kind_of_name(const char *function, char *target, size_t size)
{
	for (int i = 0; i < KIND_COUNT; i++) {
		size_t length = kinds[i]->prefix ? strlen(kinds[i]->prefix) : 0;

		if (!length || strncmp(function, kinds[i]->prefix, length) || !function[length])
			continue;
		parse_target(kinds[i], kinds[i]->prefix, function + length, target, size);
		return kinds[i];
	}
	return NULL;
}

static const struct btf_type *skip_names(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static bool matches_context(const char *context, const char *name)
{
	size_t length = strlen(context);

	return context[length - 1] == '_' ? !strncmp(context, name, length) : !strcmp(context, name);
}

const struct lt_probe_ops *lt_kind_of_context(const struct btf *btf, const char *function)
{
	const struct btf_type *type;
	const char *name;
	int id = btf ? btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) : -ENOENT;

	if (id < 0)
		return NULL;
	type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!type || !btf_is_func_proto(type) || !btf_vlen(type))
		return NULL;
	type = skip_names(btf, btf_params(type)[0].type);
	if (!type || !btf_is_ptr(type))
		return NULL;
	type = skip_names(btf, type->type);
	if (!type || !(btf_is_struct(type) || btf_is_fwd(type)))
		return NULL;
	name = btf__name_by_offset(btf, type->name_off);
	for (int i = 0; name && i < KIND_COUNT; i++)
		for (const char *const *context = kinds[i]->contexts; context && *context; context++)
			if (matches_context(*context, name))
				return kinds[i];
	return NULL;
}
