/* SPDX-License-Identifier: MIT
 *
 * What the files of host/trace/ share about an object. Nothing outside this folder includes it.
 */
#ifndef LT_TRACE_OBJECT_H
#define LT_TRACE_OBJECT_H
#include "../error.h"
#include "probe.h"
#include "../relocate/relocate.h"
#include <stdbool.h>
#include <stddef.h>

struct bpf_map;
struct bpf_object;
struct btf;

/* One attempt to load a program: as what, for which function, and how it went. */
struct lt_load {
	uint32_t prog_type;
	uint32_t attach_type;
	char *target;		/* function or event of a BTF-typed program, else NULL */
	int fd;			/* -1: it was refused */
	int code;		/* -errno of the refusal */
	char *refused;		/* why */
	char *message;		/* the complete message */
	char *log;		/* the verifier's, or NULL */
};

struct lt_program {
	char *name;
	char *section;
	const struct lt_probe_ops *ops;	/* NULL while the kind is unknown */
	char *target;		/* "" if nothing names one */
	bool auto_attach;
	struct lt_load *loads;
	uint32_t load_count;
};

struct lt_map {
	char *name;
	uint32_t type, key_size, value_size, max_entries, flags;
	uint32_t key_type_id, value_type_id;
	bool internal;
	bool exported;		/* other objects of the process may use it, by name */
	bool external;		/* it is one that another object exports */
	bool resized;		/* max_entries is not what the text says */
	bool histogram;		/* the text says that it is one */
	char *inner;		/* of a map of maps: the map of the text that its entries are like */
	char *pin_path;
	int template_fd;	/* one like `inner`, while the object loads; -1 */
	int fd;			/* -1 before loading, unless it is another object's or a pin's */
	void *initial;		/* of a section of global variables: what it is to hold, if not what the object says */
	void *memory;		/* a global-variable map, once somebody asked for a variable of it */
	size_t memory_size;
};

struct lt_object {
	void *elf;		/* kept: a program may have to be loaded again for another type */
	uint64_t elf_size;
	struct lt_relocation relocation; /* of one that left something open */
	struct bpf_object *opened;	/* libbpf's object between open and load */
	struct btf *btf;	/* libbpf's copy with the offsets of global variables filled in */
	struct lt_program *programs;
	uint32_t program_count;
	struct lt_map *maps;
	uint32_t map_count;
	bool loaded;
	struct lt_link **links;
	uint32_t link_count;
	struct lt_output *outputs;
	struct lt_usdt_table *usdt;	/* NULL until a USDT probe with arguments is attached */
};

/* object.c */
int lt_object_reopen(const lt_object *object, struct bpf_object **out);
/* For programs of one section. libbpf (1.1) looks up the section of each group of line information among all sections,
 * so a thousand programs that are opened one by one with the whole of it take minutes. */
int lt_object_reopen_for(const lt_object *object, const char *section, struct bpf_object **out);
void lt_object_abandon(struct bpf_object *opened);
struct lt_map *lt_object_map_named(const lt_object *object, const char *name);
struct lt_program *lt_object_program_named(const lt_object *object, const char *name, lt_error *err);

/* map_share.c: what is to be said of maps between open and load. */
int lt_maps_prepare(lt_object *object, struct bpf_object *opened, lt_error *err);

/* globals.c. Whether a section of global variables holds constants. */
bool lt_section_is_constant(const char *section);
/* The memory of a global variable, or NULL when the object has none of that name and size. */
void *lt_object_global(lt_object *object, const char *name, size_t size);
void lt_map_unmap(struct lt_map *map);
int lt_map_initialize(const struct lt_map *map, struct bpf_map *opened);

/* program.c */
struct bpf_program;
int lt_program_prepare(struct bpf_program *program, const struct lt_probe_ops *ops, const char *target);
/* Where the verifier leaves a few lines: its reason and its figures. Without it libbpf would have a refused program
 * verified again and again, each time with a larger log. */
enum { LT_SHORT_LOG = 1 << 16 };
void lt_program_log_shortly(struct bpf_program *program, char *log);
struct lt_load *lt_program_add_load(struct lt_program *program, const struct lt_probe_ops *ops, const char *target);
int lt_program_load_as(lt_object *object, struct lt_program *program, const struct lt_probe_ops *ops,
		       const char *target, lt_error *err);
/* The same, if the object is loaded and the program may be of that kind; as `better`, unless that is NULL or the
 * kernel refuses it. */
int lt_program_load_for(lt_object *object, struct lt_program *program, const struct lt_probe_ops *ops,
			const struct lt_probe_ops *better, const char *target, lt_error *err);
const struct lt_load *lt_program_own_load(const struct lt_program *program);
void lt_program_release(struct lt_program *program);

/* link.c */
void lt_links_free(lt_object *object);

/* output.c */
void lt_outputs_free(lt_object *object);

#endif
