/* SPDX-License-Identifier: MIT
 *
 * The text and what it asks for: names, kernel headers, tracepoints, helpers.
 */
#ifndef LT_CC_SOURCE_H
#define LT_CC_SOURCE_H
#include "kernel/btf.h"
#include "config.h"
#include "drift.h"
#include "memory.h"
#include "types/modules.h"
#include "names.h"

struct macro;

enum { ABSENT_MAX = 64 };

/* A header of the text's own: the parent opened it, clang gets it at `path`. */
struct own_header {
	const char *path;	/* absolute */
	const char *data;
	size_t size;
};

struct source {
	char *text;
	size_t size;
	const char *license;	/* from `#define BPF_LICENSE`, or NULL */
	struct names names;
	struct macro *macros;	/* of bpf/: bodies count only where the text uses them */
	size_t macro_count;
	const char *include_directories[64]; /* absolute, in the order of the cflags */
	int include_count;
	struct own_header *own_headers;
	size_t own_count;
	const char *including;	/* path of the own header being scanned below its directory, or NULL */
	int including_from;	/* and that directory */
	struct names scanned;	/* headers read so far */
	struct names tracepoints; /* "CATEGORY EVENT"; flags is the line in the text, or 0 */
	const char *absent[ABSENT_MAX]; /* tracepoints that are not there: messages, newline and all */
	int absent_count;
	struct text assumed;	/* what an object for any kernel takes for granted, as LT_PORTABLE_SECTION has it */
	struct text unportable;	/* messages about what an object for any kernel can't have */
	const char *empty_headers[257]; /* kernel headers that bpf/ has nothing for */
	int empty_count;
	struct kernel_config config;
	struct modules modules;
	struct drift drift;
	struct notes notes;	/* of the last source_generate() */
};

void source_scan(struct source *source, char **cflags, int cflag_count);
/* The text uses the struct of a tracepoint. */
void source_add_tracepoint(struct source *source, const char *category, size_t category_length, const char *event,
			   size_t event_length);
/* Writes the types, tracepoint structs and helper declarations that the text needs. */
void source_generate(struct source *source, const struct kernel_btf *btf, struct text *out);
/* What to say instead of clang's messages, if they come from a tracepoint that is not there; else NULL. */
const char *source_check_absent(const struct source *source, const char *messages);
/* Learns from clang's errors what the scan missed. True if another try may succeed. */
bool source_learn(struct source *source, const char *messages);
#endif
