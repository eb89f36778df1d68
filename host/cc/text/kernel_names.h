/* SPDX-License-Identifier: MIT
 *
 * The table of kernel names that are in no BTF: macros, constants, and types of headers. The build makes it of
 * bpf/kernel/ and of the UAPI headers (embed_kernel.lua).
 */
#ifndef LT_CC_KERNEL_NAMES_H
#define LT_CC_KERNEL_NAMES_H
#include <stdint.h>

enum kernel_kind {
	KERNEL_DEFINE,		/* text: the body of a macro */
	KERNEL_MACRO,		/* text: "(PARAMETERS) BODY" */
	KERNEL_MEMBER,		/* text: the body, a path of members */
	KERNEL_ENUMERATOR,	/* text: the value */
	KERNEL_TYPE,		/* text: the declaration; a tag's name is "struct TAG" (unions too) or "enum TAG" */
	KERNEL_FUNCTION,	/* text: the definition */
};

/* Alternatives of one name follow each other. */
struct kernel_name {
	uint32_t name, text;	/* in kernel_strings */
	uint16_t header;	/* label: "linux/in.h"; "" for bpf/kernel/'s own */
	uint8_t when;		/* label: what BTF must have, "NAME" or "TAG.MEMBER"; "" for always */
	uint8_t kind;
};

enum { KERNEL_SLOTS = 131072 };

extern const char kernel_strings[];
extern const struct kernel_name kernel_names[];
extern const uint32_t kernel_name_count;
extern const uint32_t kernel_labels[]; /* in kernel_strings */
/* By name_hash(name), open addressing: index + 1 of a name's first entry, or 0. */
extern const uint16_t kernel_slots[KERNEL_SLOTS];

static inline const char *kernel_name_of(const struct kernel_name *entry)
{
	return kernel_strings + entry->name;
}

static inline const char *kernel_text_of(const struct kernel_name *entry)
{
	return kernel_strings + entry->text;
}

static inline const char *kernel_header_of(const struct kernel_name *entry)
{
	return kernel_strings + kernel_labels[entry->header];
}

static inline const char *kernel_when_of(const struct kernel_name *entry)
{
	return kernel_strings + kernel_labels[entry->when];
}

/* The first entry of a name, or NULL. `hash` is name_hash(name). */
const struct kernel_name *kernel_find(const char *name, uint32_t hash);
/* The next alternative, or NULL. */
const struct kernel_name *kernel_next(const struct kernel_name *entry);
#endif
