/* SPDX-License-Identifier: MIT
 *
 * A kind of probe is one ops table in a file of its own, named once in kind.c. What a link holds are descriptors, so
 * detaching is closing; only a kind that older kernels have no descriptor for needs code for it.
 */
#ifndef LT_TRACE_PROBE_H
#define LT_TRACE_PROBE_H
#include "../error.h"
#include <stdbool.h>
#include <stddef.h>

struct lt_object;
struct lt_program;
struct lt_listing;
struct btf;

struct lt_link {
	struct lt_object *object;
	const struct lt_program *program;
	const struct lt_probe_ops *ops;
	char *target;
	const char *mechanism;
	bool moved;		/* its target is what a function of another name has become */
	bool shares;		/* it holds nothing: another link of the program probes its target already */
	int *fds;
	uint32_t fd_count;
	/* of a pattern: what it covers, a line each, and how many places were refused */
	char *places;
	size_t places_size, places_room;
	uint32_t place_count, refused_count;
	bool numbered;		/* attach cookies are the numbers of places, from 1 */
	void (*detach)(struct lt_link *link);	/* what closing the descriptors leaves undone, before that; or NULL */
	void *own;		/* the kind's; freed with the link */
};

struct bpf_insn;
struct lt_probe_ops {
	const char *name;
	/* A function so named is of this kind and attaches by itself, unless `on_demand`: "kprobe__". NULL: no prefix. */
	const char *prefix;
	bool on_demand;
	/* libbpf-style section names of this kind, up to their slash or whole; NULL ends the list, or there is none. */
	const char *const *sections;
	/* Structs that tell this kind when the first parameter points to one; a name ending in '_' stands for all
	 * that begin so. */
	const char *const *contexts;
	uint32_t prog_type;	/* enum bpf_prog_type */
	uint32_t attach_type;	/* enum bpf_attach_type, 0 where the program type needs none */
	/* The same kind at its other places, where a program is loaded for one of them: other attach types, and sections. */
	const struct lt_probe_ops *variants;
	uint32_t variant_count;
	/* The program is loaded for one function or event that BTF describes: another target is another load. */
	bool btf_target;
	/* What follows the prefix or the section's slash, as a target. `word` is that prefix or section name. NULL:
	 * it is the target as it stands. */
	void (*parse)(const char *word, const char *rest, char *target, size_t size);
	/* What the program is best loaded as to be attached so, if the kernel takes it. NULL, or NULL returned: as its
	 * kind. */
	const struct lt_probe_ops *(*better)(const lt_attach_opts *opts);
	/* Whether a program can be loaded so, by its instructions. NULL: any. */
	bool (*takes)(const struct bpf_insn *insns, size_t count);
	/* Adds the descriptors that hold the attachment to `link`, and says its target and mechanism. On failure what
	 * was added is closed by the caller. NULL: programs of this kind are loaded only. */
	int (*attach)(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err);
	/* Why loading for `target` failed with `code` (-errno) before the verifier looked at the program; writes a
	 * complete message. NULL, or 0 returned: the general message will do. */
	int (*explain_load)(const struct lt_probe_ops *ops, const char *target, int code, lt_error *err);
	/* Puts its targets into a listing; NULL: nothing to list. `list_named`: only when the kind itself is asked for. */
	int (*list)(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err);
	bool list_named;
	/* See lt_kind_supported(). */
	int (*supported)(const struct lt_probe_ops *ops, lt_error *err);
};

extern const struct lt_probe_ops lt_kprobe_ops, lt_kretprobe_ops, lt_uprobe_ops, lt_uretprobe_ops, lt_usdt_ops,
	lt_tracepoint_ops, lt_raw_tracepoint_ops, lt_tp_btf_ops, lt_fentry_ops, lt_fexit_ops, lt_fmod_ret_ops,
	lt_lsm_ops, lt_iter_ops, lt_perf_event_ops, lt_socket_ops, lt_xdp_ops, lt_tc_ops, lt_cgroup_skb_ops,
	lt_sock_ops_ops, lt_sk_msg_ops, lt_sk_skb_ops, lt_cgroup_sock_ops,
	lt_cgroup_sock_addr_ops, lt_cgroup_sockopt_ops, lt_cgroup_device_ops, lt_lwt_in_ops, lt_lwt_out_ops, lt_lwt_xmit_ops;

/* kind.c */
const struct lt_probe_ops *lt_probe_ops_named(const char *kind);
const struct lt_probe_ops *lt_probe_ops_require(const char *kind, const char *subject, lt_error *err);
/* The kind, or the variant of it, that is loaded for an attach type; NULL if there is none. */
const struct lt_probe_ops *lt_probe_ops_variant(const struct lt_probe_ops *ops, uint32_t attach_type);
/* The kind a section name tells, and its target, or NULL. */
const struct lt_probe_ops *lt_kind_of_section(const char *section, char *target, size_t size);
const struct lt_probe_ops *lt_kind_of_name(const char *function, char *target, size_t size);
const struct lt_probe_ops *lt_kind_of_context(const struct btf *btf, const char *function);

/* link.c */
int lt_link_add_fd(struct lt_link *link, int fd);
/* Whether both are of one program and kind, and have one target. */
bool lt_link_same_place(const struct lt_link *a, const struct lt_link *b);
int lt_link_set_target(struct lt_link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
