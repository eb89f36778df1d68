/* SPDX-License-Identifier: MIT
 *
 * What the build embeds: the files of bpf/, the declarations of BPF helpers, and what is documented of the dialect.
 */
#ifndef LT_CC_HEADERS_H
#define LT_CC_HEADERS_H
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct header {
	const char *path;	/* below bpf/: "dialect/maps.h", "include/net/sock.h"; NULL ends the table */
	size_t size;
	const char *data;
};
extern const struct header headers[];

/* Included ahead of every text. */
static inline bool is_dialect(const struct header *header)
{
	return !strncmp(header->path, "dialect/", strlen("dialect/"));
}

struct helper {
	const char *name;	/* "bpf_ktime_get_ns"; NULL ends the table; sorted */
	const char *declaration;
	const char *doc;	/* libbpf's, in short; or NULL */
};
extern const struct helper helpers[];

/* A macro, or a method of maps, as docs/reference.md has it. */
struct dialect_name {
	const char *name;	/* NULL ends the table */
	const char *call;	/* "BPF_HASH(name[, key = u64])", or NULL */
	const char *doc;
	bool is_method;
};
extern const struct dialect_name dialect_names[];
#endif
