/* SPDX-License-Identifier: MIT
 *
 * What this kernel has of what an object names.
 */
#ifndef LT_RELOCATE_TARGET_H
#define LT_RELOCATE_TARGET_H
#include "../luatrace.h"
#include "spec.h"

/* A name of a type or an enumerator, and which types of the kernel have it. */
struct wanted {
	const char *name;
	size_t length;
	uint32_t offset;	/* in the kernel's strings; 0: it is not there */
	uint32_t *ids;
	uint32_t id_count;
	bool needed;		/* if the kernel itself has not got it, modules may */
};

struct target {
	struct kernel_btf btf;	/* `count` is 0 until it was needed */
	void *data;		/* of the kernel's file */
	size_t size;
	struct wanted *wanted;
	uint32_t wanted_count;
	char **copies;		/* of names that live no longer than their caller */
	uint32_t copy_count;
	char *config;		/* lines of the kernel's configuration, NULL if there are none */
	bool config_asked;
	char *format;		/* of the tracepoint that was asked for last */
	char format_of[256];
};

/* Where something lies in this kernel. */
struct place {
	uint64_t bits;
	uint32_t bit_size;
	uint64_t size;
	enum shape shape;
	bool is_signed;
};

/* A name that is to be looked for, which stays where it is; or a copy of it. `needed`: in modules too, if the kernel
 * itself has not got it. */
bool target_want(struct target *target, const char *name, size_t length, bool needed);
bool target_want_copy(struct target *target, const char *name, size_t length, bool needed);
/* Looks for all of them. */
int target_find(struct target *target, lt_error *err);
/* modules.c: adds the types of modules that have one that is needed and that the kernel has not. True if any did. */
bool target_join_modules(struct target *target);
/* What was found of a name, or NULL. */
const struct wanted *target_wanted(const struct target *target, const char *name, size_t length);
/* Whether a type is of the kind that the object has: structs and unions with members, enums with enumerators. */
bool target_is_like(const struct target *target, uint32_t id, const struct spec *spec);
/* A type of that name (and kind, BTF_KIND_*); 0: there is none. */
uint32_t target_type(const struct target *target, const struct spec *spec);
/* members.c. False, and why, if it is not there. */
bool target_place(struct target *target, const struct spec *spec, struct place *place, char *why, size_t size);
bool target_enumerator(struct target *target, const struct spec *spec, uint64_t *value);
void target_release(struct target *target);

/* tracepoint.c */
bool is_tracepoint(const struct spec *spec);
bool tracepoint_place(struct target *target, const struct spec *spec, struct place *place, char *why, size_t size);

/* facts.c. What is no enumerator of the kernel's: its version, its configuration. False: it is another. */
bool is_fact(const struct spec *spec);
/* False: there is no saying (HZ alone can be so). */
bool fact_value(struct target *target, const struct spec *spec, uint64_t *value);
#endif
