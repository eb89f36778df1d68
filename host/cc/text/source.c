/* SPDX-License-Identifier: MIT */
#include "source.h"
#include "compile_protocol.h"
#include "ask.h"
#include "headers.h"
#include "library.h"
#include "relocatable.h"
#include "types/slice.h"
#include "types/tracepoint.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct macro {
	const char *name, *body;
	size_t body_size;
};

static void on_include(void *context, const char *path, size_t length, bool quoted);
static void on_header_macro(void *context, const char *name, size_t name_size, const char *body, size_t body_size)
{
	struct source *source = context;

	if (!(source->macro_count & (source->macro_count + 1)))
		source->macros = reallocate(source->macros, (2 * source->macro_count + 2) * sizeof(*source->macros));
	source->macros[source->macro_count++] = (struct macro){ copy_string(name, name_size), body, body_size };
}

static void on_text_macro(void *context, const char *name, size_t name_size, const char *body, size_t body_size)
{
	struct source *source = context;

	scan_macro_body(&source->names, body, body_size);
	if (name_size == strlen("BPF_LICENSE") && !memcmp(name, "BPF_LICENSE", name_size)) {
		while (body_size && isspace((unsigned char)*body))
			body++, body_size--;
		while (body_size && isspace((unsigned char)body[body_size - 1]))
			body_size--;
		source->license = copy_string(body, body_size);
	}
}

/* Headers of bpf/ define macros that the text may never use; a text's own headers are part of it. */
static void scan_header(struct source *source, const struct header *header)
{
	struct scan_events events = { .context = source, .include = on_include, .macro = on_header_macro };

	scan_text(&source->names, header->data, header->size, &events);
}

static void scan_own_text(struct source *source, const char *text, size_t size);

/* Scans the header that `path` names below an include directory. */
static bool scan_below(struct source *source, int directory, const char *path)
{
	const char *including = source->including;
	int including_from = source->including_from;
	struct own_header *own;
	struct text full = { 0 };
	size_t size;
	char *data = ask_file(&size, "include %d %s", directory, path);

	if (!data)
		return false;
	text_printf(&full, "%s/%s", source->include_directories[directory], path);
	source->own_headers = reallocate(source->own_headers, (source->own_count + 1) * sizeof(*own));
	own = &source->own_headers[source->own_count++];
	*own = (struct own_header){ full.data, data, size };
	source->including = path;
	source->including_from = directory;
	scan_own_text(source, data, size);
	source->including = including;
	source->including_from = including_from;
	return true;
}

static bool scan_own_header(struct source *source, const char *path, bool quoted)
{
	const char *slash = source->including ? strrchr(source->including, '/') : NULL;

	if (quoted && slash) {
		char beside[512];

		if ((size_t)snprintf(beside, sizeof(beside), "%.*s/%s", (int)(slash - source->including),
				     source->including, path) < sizeof(beside) &&
		    scan_below(source, source->including_from, beside))
			return true;
	}
	for (int i = 0; i < source->include_count; i++)
		if (scan_below(source, i, path))
			return true;
	return false;
}

static const struct header *find_header(const char *path)
{
	for (const struct header *header = headers; header->path; header++)
		if (!strcmp(header->path, path))
			return header;
	return NULL;
}

/* Headers that need not be there: what texts use of them comes from BTF, bpf/ and the table of kernel names. */
static bool is_known_header(const char *path)
{
	static const char *const folders[] = {
		"linux/", "uapi/", "asm/", "asm-generic/", "net/", "bcc/", "scsi/", "trace/", "drm/", "sound/", "rdma/",
		"crypto/", "video/", "acpi/", "xen/", "kvm/", "block/", "kernel/", "fs/", "mm/", "drivers/", "generated/",
		"arch/", "misc/", "mtd/", "media/", "security/", "soc/", "vdso/", "keys/", "target/", "ras/", "pcmcia/",
		"sys/", "netinet/", "arpa/", "bits/", "bpf/",
	};
	static const char *const files[] = {
		"stddef.h", "stdint.h", "stdbool.h", "stdarg.h", "stdio.h", "stdlib.h", "string.h", "limits.h", "errno.h",
		"inttypes.h", "signal.h", "fcntl.h", "unistd.h", "time.h", "endian.h", "sched.h", "assert.h", "poll.h",
		"netdb.h", "strings.h", "ctype.h", "vmlinux.h", "byteswap.h", "elf.h",
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (!strncmp(path, folders[i], strlen(folders[i])))
			return true;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (!strcmp(path, files[i]))
			return true;
	return false;
}

static void on_include(void *context, const char *path, size_t length, bool quoted)
{
	struct source *source = context;
	char name[256], shim[300];
	const struct header *header;

	if (length >= sizeof(name) || memchr(path, '\'', length) || memchr(path, '\0', length))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)length, path);
	if (names_find(&source->scanned, name))
		return;
	names_add(&source->scanned, name, length, 0);
	if (scan_own_header(source, name, quoted))
		return;
	snprintf(shim, sizeof(shim), "include/%s", name);
	header = find_header(shim);
	if (header)
		scan_header(source, header);
	else if (is_known_header(name) && source->empty_count < 200)
		source->empty_headers[source->empty_count++] = copy_string(name, length);
}

/* 0 for what does not stand in the text itself. */
static unsigned line_in_text(const struct source *source, const char *at)
{
	unsigned line = 1;

	if (at < source->text || at >= source->text + source->size)
		return 0;
	while (at-- > source->text)
		line += *at == '\n';
	return line;
}

void source_add_tracepoint(struct source *source, const char *category, size_t category_length, const char *event,
			   size_t event_length)
{
	char name[256];
	int length = snprintf(name, sizeof(name), "%.*s %.*s", (int)category_length, category, (int)event_length, event);

	if (length > 0 && (size_t)length < sizeof(name) && !names_find(&source->tracepoints, name))
		names_add(&source->tracepoints, name, length, line_in_text(source, category));
}

static void on_tracepoint(void *context, const char *category, size_t category_length, const char *event,
			  size_t event_length)
{
	source_add_tracepoint(context, category, category_length, event, event_length);
}

/* What follows #if must be known when the text is compiled. */
static void on_condition(void *context, const char *expression, size_t size)
{
	struct source *source = context;
	struct names used = { 0 };
	const char *wrong;

	scan_text(&used, expression, size, NULL);
	wrong = source->config.facts.portable ? config_used(&used, &source->names) : NULL;
	if (wrong)
		text_printf(&source->unportable, LT_CC_TEXT_NAME ":%u: error: %s after #if: what any kernel is to load can't be "
			    "chosen when it is compiled; write it in C, as if (%s …), or as ?:, and each kernel chooses\n",
			    line_in_text(source, expression), wrong, wrong);
	names_free(&used);
}

static void scan_own_text(struct source *source, const char *text, size_t size)
{
	struct scan_events events = {
		.context = source, .include = on_include, .tracepoint = on_tracepoint, .macro = on_text_macro,
		.condition = on_condition,
	};

	scan_text(&source->names, text, size, &events);
}

static bool is_used(const struct source *source, const char *text)
{
	const struct name *name = names_find(&source->names, text);

	return name && name->flags & (NAME_PLAIN | NAME_MEMBER);
}

/* bpf/'s macros of several forms are called STEM and the number of arguments: only STEM is written where they are
 * used. */
static bool is_macro_used(const struct source *source, const char *macro)
{
	size_t stem = strlen(macro);
	char text[64];

	if (is_used(source, macro))
		return true;
	while (stem && isdigit((unsigned char)macro[stem - 1]))
		stem--;
	if (!macro[stem] || stem >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)stem, macro);
	return is_used(source, text);
}

/* Bodies of bpf/'s macros count once their names are used, and may use others in turn. */
static void follow_macros(struct source *source)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < source->macro_count; i++) {
			struct macro *macro = &source->macros[i];

			if (!macro->body || !is_macro_used(source, macro->name))
				continue;
			scan_macro_body(&source->names, macro->body, macro->body_size);
			macro->body = NULL;
			more = true;
		}
	}
}

void source_scan(struct source *source, char **cflags, int cflag_count)
{
	for (int i = 0; i < cflag_count; i++) {
		const char *flag = cflags[i], *directory = NULL;

		if (!strncmp(flag, "-D", 2)) {
			const char *macro = flag[2] || i + 1 == cflag_count ? flag + 2 : cflags[i + 1];

			names_add(&source->names, macro, strcspn(macro, "=("), NAME_MACRO);
			scan_text(&source->names, macro, strlen(macro), NULL);
		}
		if ((!strcmp(flag, "-I") || !strcmp(flag, "-isystem")) && i + 1 < cflag_count)
			directory = cflags[i + 1];
		else if (!strncmp(flag, "-I", 2) && flag[2])
			directory = flag + 2;
		if (directory && source->include_count == sizeof(source->include_directories) / sizeof(char *))
			die("too many include directories");
		if (directory)
			source->include_directories[source->include_count++] = directory;
	}
	for (int i = 0; i + 1 < cflag_count; i++)
		if (!strcmp(cflags[i], "-include"))
			on_include(source, cflags[i + 1], strlen(cflags[i + 1]), true);
	scan_header(source, find_header("types.h"));
	for (const struct header *header = headers; header->path; header++)
		if (is_dialect(header))
			scan_header(source, header);
	scan_own_text(source, source->text, source->size);
}

/* An event that is not there is an error only where clang compiles a use of it: see source_check_absent(). */
static void print_absent(struct source *source, const char *category, const char *event, unsigned line,
			 const char *reason, struct text *out)
{
	struct text message = { 0 };

	if (source->absent_count == ABSENT_MAX)
		die("tracepoint '%s:%s': %s", category, event, reason);
	if (line)
		text_printf(&message, LT_CC_TEXT_NAME ":%u: ", line);
	text_printf(&message, "error: tracepoint '%s:%s': %s\n", category, event, reason);
	text_printf(out, "struct __attribute__((unavailable(\"absent %d.\"))) tracepoint__%s__%s;\n", source->absent_count,
		    category, event);
	source->absent[source->absent_count++] = message.data;
}

static void print_tracepoint(struct source *source, const char *name, unsigned line, struct text *out)
{
	char category[256], event[256];
	const char *wrong;
	size_t size;
	char *format;

	if (sscanf(name, "%255s %255s", category, event) != 2)
		return;
	format = ask_file(&size, "tracepoint %s", name);
	wrong = format ? tracepoint_print(category, event, format, size, &source->names,
					  source->config.facts.portable, out) : ask_reason();
	if (wrong)
		print_absent(source, category, event, line, wrong, out);
	free(format);
}

const char *source_check_absent(const struct source *source, const char *messages)
{
	char mark[40];

	for (int i = 0; i < source->absent_count; i++) {
		snprintf(mark, sizeof(mark), "is unavailable: absent %d.", i);
		if (strstr(messages, mark))
			return source->absent[i];
	}
	return NULL;
}

static void print_helpers(const struct source *source, struct text *out)
{
	for (const struct helper *helper = helpers; helper->name; helper++) {
		const struct name *name = names_find(&source->names, helper->name);
		const char *at = helper->declaration;

		if (!name || !(name->flags & NAME_PLAIN))
			continue;
		/* a struct first named in a parameter list would be another one */
		while ((at = strstr(at, "struct "))) {
			const char *tag = at += strlen("struct ");

			while (isalnum((unsigned char)*at) || *at == '_')
				at++;
			text_printf(out, "struct %.*s;\n", (int)(at - tag), tag);
		}
		text_printf(out, "%s\n", helper->declaration);
	}
}

/* What a header of bpf/ leaves out, because the text has its own. */
static void print_own_names(const struct names *names, struct text *out)
{
	static const char *const functions[] = { "increment", "atomic_increment" };

	for (size_t i = 0; i < names->room; i++)
		if (names->slots[i].text && names->slots[i].flags & NAME_TWICE)
			text_printf(out, "#define __LT_OWN_%s\n", names->slots[i].text);
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		const struct name *name = names_find(names, functions[i]);

		if (name && name->flags & NAME_DEFINED && !(name->flags & NAME_TWICE))
			text_printf(out, "#define __LT_OWN_%s\n", functions[i]);
	}
}

/* A struct that a program never looks into would be first named in its parameter list, and there be another one. */
static void declare_tracepoints(const struct names *names, struct text *out)
{
	for (size_t i = 0; i < names->room; i++)
		if (names->slots[i].text && names->slots[i].flags & NAME_TAG &&
		    !strncmp(names->slots[i].text, "tracepoint__", strlen("tracepoint__")))
			text_printf(out, "struct %s;\n", names->slots[i].text);
}

void source_generate(struct source *source, const struct kernel_btf *btf, struct text *out)
{
	struct text tracepoints = { 0 };
	struct library library = {
		.portable = source->config.facts.portable, .has_sock_members = names_find(&source->scanned, "net/sock.h"),
	};
	struct btf_matches matches;

	/* tracepoint fields name structs, so they come before the slice is chosen and after it in the text */
	source->absent_count = 0;
	for (size_t i = 0; i < source->tracepoints.room; i++) {
		const struct name *name = &source->tracepoints.slots[i];

		if (name->text)
			print_tracepoint(source, name->text, name->flags, &tracepoints);
	}
	declare_tracepoints(&source->names, &tracepoints);
	follow_macros(source);
	library_gather(&library, &source->names);
	btf_match(&matches, btf, &source->names);
	library_choose(&library, &matches, btf);
	notes_clear(&source->notes);
	modules_report(&source->modules, &source->notes);
	print_own_names(&source->names, out);
	config_print(&source->config, &source->names, out, &source->notes);
	drift_report(&source->drift, &source->notes);
	text_free(&source->assumed);
	text_add(&source->assumed, "");
	slice_print(btf, &source->names, &matches, &source->drift, source->config.facts.portable ? &source->assumed : NULL,
		    out);
	drift_print_macros(&source->drift, out);
	if (tracepoints.data)
		text_append(out, tracepoints.data, tracepoints.size);
	print_helpers(source, out);
	library_print(&library, &matches, btf, out);
	text_add(out, "");
	text_free(&tracepoints);
	library_free(&library);
	btf_matches_free(&matches);
}
