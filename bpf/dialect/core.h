/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * Questions that the kernel answers that a text is loaded in, by libbpf's names: for a text that is to run on kernels
 * whose types differ, and for bundles, which are compiled once for all. What is asked after is named by a struct of the
 * text's own that has the kernel's name up to "___", with those members that matter:
 *
 *   struct cfs_rq___new { unsigned int h_nr_queued; } __attribute__((preserve_access_index));
 *   struct cfs_rq___new *rq = (void *)cfs;
 *   n = bpf_core_field_exists(rq->h_nr_queued) ? rq->h_nr_queued : cfs->h_nr_running;
 */
#pragma once

#define __LT_CORE_FIELD_1(field) field
#define __LT_CORE_FIELD_2(type, field) ((typeof(type) *)0)->field
#define __LT_CORE_FIELD_N(a, b, form, ...) form
#define __LT_CORE_FIELD(...) \
	__LT_CORE_FIELD_N(__VA_ARGS__, __LT_CORE_FIELD_2, __LT_CORE_FIELD_1, 0)(__VA_ARGS__)

/* Whether the kernel has a member, what its size is, and where it lies in its struct: of an expression, rq->nr_running,
 * or of struct rq, nr_running. */
#define bpf_core_field_exists(...) __builtin_preserve_field_info(__LT_CORE_FIELD(__VA_ARGS__), 2)
#define bpf_core_field_size(...) __builtin_preserve_field_info(__LT_CORE_FIELD(__VA_ARGS__), 1)
#define bpf_core_field_offset(...) __builtin_preserve_field_info(__LT_CORE_FIELD(__VA_ARGS__), 0)
/* Whether it has a type, and the type's size. */
#define bpf_core_type_exists(type) __builtin_preserve_type_info(*(typeof(type) *)0, 0)
#define bpf_core_type_size(type) __builtin_preserve_type_info(*(typeof(type) *)0, 1)
/* Whether it has an enumerator, and its value. */
#define bpf_core_enum_value_exists(type, name) \
	__builtin_preserve_enum_value(*(typeof(type) *)__LT_CORE_ENUMERATOR(__LT_ASKED_##name, name, 0), 0)
#define bpf_core_enum_value(type, name) \
	__builtin_preserve_enum_value(*(typeof(type) *)__LT_CORE_ENUMERATOR(__LT_ASKED_##name, name, 0), 1)

/* In a bundle a name of the kernel's stands for its value already, and __LT_ASKED_NAME is ", ENUMERATOR". */
#define __LT_CORE_ENUMERATOR(...) __LT_CORE_ENUMERATOR_N(__VA_ARGS__)
#define __LT_CORE_ENUMERATOR_N(asked, enumerator, ...) enumerator
