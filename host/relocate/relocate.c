/* SPDX-License-Identifier: MIT */
#include "relocate.h"
#include "patch.h"
#include "target.h"
#include "../error.h"
#include "../kernel/portable.h"
#include <errno.h>
#include <libelf.h>
#include <gelf.h>
#include <linux/bpf.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As Documentation/bpf/btf.rst and libbpf have them. */
struct ext_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_size, func_off, func_size, line_off, line_size, relo_off, relo_size;
};
struct ext_section {
	uint32_t name, count;
};
struct record {
	uint32_t offset, type, access, kind;
};

struct job {
	Elf *elf;
	size_t names;		/* the section of sections' names */
	Elf_Data *btf_data, *ext;
	struct kernel_btf own;
	struct target target;
	struct lt_relocation *out;
	lt_error *err;
};

static Elf_Data *find_section(const struct job *job, const char *wanted)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(job->elf, section))) {
		const char *name = gelf_getshdr(section, &header) ? elf_strptr(job->elf, job->names, header.sh_name) : NULL;

		if (name && !strcmp(name, wanted))
			return elf_rawdata(section, NULL);
	}
	return NULL;
}

static int open_elf(struct job *job, void *elf, uint64_t size)
{
	elf_version(EV_CURRENT);
	job->elf = elf_memory(elf, size);
	if (!job->elf || elf_kind(job->elf) != ELF_K_ELF || elf_getshdrstrndx(job->elf, &job->names))
		return -EINVAL;
	return 0;
}

/* Whoever made the object may have put it anywhere. */
static bool is_aligned(const Elf_Data *data, size_t to)
{
	return data && (uintptr_t)data->d_buf % to == 0;
}

bool lt_is_relocatable(void *elf, uint64_t size)
{
	struct job job = { 0 };
	bool is = !open_elf(&job, elf, size);
	Elf_Data *ext = is ? find_section(&job, ".BTF.ext") : NULL;
	bool has_header = is_aligned(ext, sizeof(uint32_t)) && ext->d_size >= sizeof(struct ext_header);
	const struct ext_header *header = has_header ? ext->d_buf : NULL;

	is = is && ((header && header->header_size >= sizeof(*header) && header->relo_size) ||
		    find_section(&job, LT_PORTABLE_SECTION));
	elf_end(job.elf);
	return is;
}

/* ---- the records ----------------------------------------------------------------------------------------------- */

typedef int each_function(struct job *job, const struct record *record, Elf_Data *code);

/* Calls `each` for every record until it returns other than 0, which is the result; -EINVAL when they are damaged. */
static int each_record(struct job *job, each_function *each)
{
	const struct ext_header *header = job->ext->d_buf;
	const uint8_t *at, *end;
	uint32_t size;
	int code = 0;

	if (job->ext->d_size < sizeof(*header) || header->header_size < sizeof(*header) || !header->relo_size)
		return 0;
	if ((uint64_t)header->header_size + header->relo_off + header->relo_size > job->ext->d_size ||
	    header->relo_size < sizeof(size) || (header->header_size + header->relo_off) % sizeof(uint32_t))
		return -EINVAL;
	at = (const uint8_t *)job->ext->d_buf + header->header_size + header->relo_off;
	end = at + header->relo_size;
	memcpy(&size, at, sizeof(size));
	at += sizeof(size);
	if (size < sizeof(struct record) || size % sizeof(uint32_t))
		return -EINVAL;
	while (!code && at < end) {
		const struct ext_section *section = (const void *)at;
		Elf_Data *text;

		if ((size_t)(end - at) < sizeof(*section))
			return -EINVAL;
		at += sizeof(*section);
		text = find_section(job, btf_string(&job->own, section->name));
		if (!is_aligned(text, sizeof(struct bpf_insn)) || (uint64_t)section->count * size > (uint64_t)(end - at))
			return -EINVAL;
		for (uint32_t i = 0; !code && i < section->count; i++, at += size)
			code = each(job, (const void *)at, text);
	}
	return code;
}

static int parse(struct job *job, const struct record *record, const Elf_Data *code, struct spec *spec)
{
	if (record->type >= job->own.count || record->offset % sizeof(struct bpf_insn) ||
	    record->offset + sizeof(struct bpf_insn) > code->d_size ||
	    !spec_parse(&job->own, record->type, btf_string(&job->own, record->access), spec))
		return -EINVAL;
	return 0;
}

static int want_names(struct job *job, const struct record *record, Elf_Data *code)
{
	struct spec spec;
	bool of_enumerator;

	if (parse(job, record, code, &spec))
		return -EINVAL;
	if (is_fact(&spec) || is_tracepoint(&spec) || record->kind == RELO_TYPE_ID_LOCAL)
		return 0;
	/* an enum is of no matter to its enumerators, see target_enumerator() */
	of_enumerator = spec.enumerator && (record->kind == RELO_ENUM_EXISTS || record->kind == RELO_ENUM_VALUE);
	return target_want(&job->target, spec.root, spec.root_length, !of_enumerator) &&
	       (!of_enumerator || target_want(&job->target, spec.enumerator, spec.enumerator_length, true)) ? 0 : -ENOMEM;
}

static bool find_place(struct job *job, const struct spec *spec, struct place *place, char *why, size_t size)
{
	return is_tracepoint(spec) ? tracepoint_place(&job->target, spec, place, why, size) :
				     target_place(&job->target, spec, place, why, size);
}

static bool find_value(struct job *job, const struct spec *spec, uint64_t *value)
{
	return is_fact(spec) ? fact_value(&job->target, spec, value) : target_enumerator(&job->target, spec, value);
}

/* What an instruction is to have; false, and why: nothing that is right. */
static bool resolve(struct job *job, const struct record *record, const struct spec *spec, struct patch *patch,
		    char *why, size_t size)
{
	struct place place;
	char text[256];
	uint32_t id;

	switch (record->kind) {
	case RELO_TYPE_ID_LOCAL:
		patch->value = record->type;
		return true;
	case RELO_TYPE_ID_TARGET:
	case RELO_TYPE_EXISTS:
	case RELO_TYPE_SIZE:
	case RELO_TYPE_MATCHES:
		id = target_type(&job->target, spec);
		patch->value = record->kind == RELO_TYPE_SIZE ? btf_size(&job->target.btf, id) :
			       record->kind == RELO_TYPE_ID_TARGET ? id : id != 0;
		return true;
	case RELO_ENUM_EXISTS:
		patch->value = spec->enumerator && find_value(job, spec, &patch->value);
		return true;
	case RELO_ENUM_VALUE:
		spec_describe(spec, text, sizeof(text));
		snprintf(why, size, "this kernel has no enumerator %s", text);
		if (is_fact(spec))
			snprintf(why, size, "this kernel's HZ is not known: neither it nor its configuration says it");
		return spec->enumerator && find_value(job, spec, &patch->value);
	case RELO_FIELD_EXISTS:
		patch->value = find_place(job, spec, &place, why, size);
		return true;
	default:
		return find_place(job, spec, &place, why, size) && patch_field(record->kind, spec, &place, patch, why, size);
	}
}

static int leave_open(struct job *job, const struct patch *patch, const char *why)
{
	char **more = realloc(job->out->open, (job->out->count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	job->out->open = more;
	more[job->out->count] = strdup(why);
	if (!more[job->out->count])
		return -ENOMEM;
	lt_verbose(1, "object: left open: %s", why);
	patch_stop(patch, job->out->count++);
	return 0;
}

static int fill_in(struct job *job, const struct record *record, Elf_Data *code)
{
	struct patch patch = {
		.code = (struct bpf_insn *)((uint8_t *)code->d_buf + record->offset),
		.room = (code->d_size - record->offset) / sizeof(struct bpf_insn),
	};
	char why[512] = "";
	struct spec spec;

	if (parse(job, record, code, &spec))
		return -EINVAL;
	if (!resolve(job, record, &spec, &patch, why, sizeof(why)))
		return leave_open(job, &patch, why);
	if (patch_apply(&patch, why, sizeof(why)))
		return 0;
	return leave_open(job, &patch, why);
}

/* ---- what it takes for granted --------------------------------------------------------------------------------- */

/* A line of LT_PORTABLE_SECTION. */
struct check {
	char what[16], of[256];
	long long value;
	unsigned line;
};

typedef int check_function(struct job *job, const struct check *check);

static int each_check(struct job *job, check_function *each)
{
	Elf_Data *section = find_section(job, LT_PORTABLE_SECTION);
	const char *at = section ? section->d_buf : NULL, *end = at ? at + section->d_size : NULL;
	int code = 0;

	for (const char *stop; !code && at < end && *at; at = stop + 1) {
		struct check check;
		char line[512];

		stop = memchr(at, '\n', end - at);
		if (!stop || snprintf(line, sizeof(line), "%.*s", (int)(stop - at), at) >= (int)sizeof(line) ||
		    sscanf(line, "%15[^\t]\t%255[^\t]\t%lld\t%u", check.what, check.of, &check.value, &check.line) != 4)
			return -EINVAL;
		code = each(job, &check);
	}
	return code;
}

/* "macro": an enumerator, unless the kernel has it as a macro, of which BTF says nothing. "width": the size of a
 * member, unless the kernel has none: who reads that is left open. */
static bool may_be_missing(const struct check *check)
{
	return !strcmp(check->what, "macro") || !strcmp(check->what, "width");
}

static bool is_enumerator(const struct check *check)
{
	return !strcmp(check->what, "enumerator") || !strcmp(check->what, "macro");
}

static int want_check(struct job *job, const struct check *check)
{
	struct spec spec;

	if (!is_enumerator(check))
		spec_named(check->of, &spec);
	else
		spec = (struct spec){ .root = check->of, .root_length = strlen(check->of) };
	/* a macro is in no BTF */
	return target_want_copy(&job->target, spec.root, spec.root_length, strcmp(check->what, "macro")) ? 0 : -ENOMEM;
}

static int check_holds(struct job *job, const struct check *check)
{
	bool there;
	struct spec spec = { .root = "", .enumerator = check->of, .enumerator_length = strlen(check->of) };
	struct place place = { 0 };
	const char *what;
	uint64_t value = 0;
	char why[512], line[32] = "";

	if (is_enumerator(check)) {
		there = target_enumerator(&job->target, &spec, &value);
	} else {
		spec_named(check->of, &spec);
		spec.size = check->value;	/* an element of a tracepoint's array is as large as it was */
		there = find_place(job, &spec, &place, why, sizeof(why));
		value = *check->what == 'b' ? place.bits : *check->what == 'o' ? place.bits / 8 : place.size;
	}
	if (there ? (long long)value == check->value : may_be_missing(check))
		return 0;
	if (there)
		snprintf(why, sizeof(why), "in this one it is %lld", (long long)value);
	else
		snprintf(why, sizeof(why), "this one has none");
	what = is_enumerator(check) ? "value" : *check->what == 'w' ? "size" : check->what;
	if (check->line)
		snprintf(line, sizeof(line), "line %u: ", check->line);
	return lt_fail(job->err, -EXDEV, "object: %sit was compiled for kernels in which the %s of %s is %lld, and %s: it has "
		       "to be compiled for this one", line, what, check->of, check->value, why);
}

static int open_types(struct job *job)
{
	job->btf_data = find_section(job, ".BTF");
	job->ext = find_section(job, ".BTF.ext");
	if (!job->btf_data || !job->ext)
		return 0;	/* nothing but data */
	if (!is_aligned(job->btf_data, sizeof(uint32_t)) || !is_aligned(job->ext, sizeof(uint32_t)))
		return -EINVAL;
	return btf_index(&job->own, job->btf_data->d_buf, job->btf_data->d_size) ? -EINVAL : 0;
}

/* libbpf is to find nothing left to do. */
static void forget_records(struct job *job)
{
	struct ext_header *header = job->ext->d_buf;

	if (job->ext->d_size >= sizeof(*header) && header->header_size >= sizeof(*header))
		header->relo_size = 0;
}

static int relocate(struct job *job)
{
	int code = each_record(job, want_names);

	if (!code)
		code = each_check(job, want_check);
	if (code)
		return lt_fail(job->err, code, "object: %s", code == -ENOMEM ? "out of memory" : "its relocations are damaged");
	code = target_find(&job->target, job->err);
	if (!code)
		code = each_check(job, check_holds);
	if (code)
		return code;
	code = each_record(job, fill_in);
	return code ? lt_fail(job->err, code, "object: out of memory") : 0;
}

int lt_relocate(void *elf, uint64_t size, struct lt_relocation *out, lt_error *err)
{
	struct job job = { .out = out, .err = err };
	int code = open_elf(&job, elf, size);

	*out = (struct lt_relocation){ 0 };
	if (!code)
		code = open_types(&job);
	if (code) {
		lt_fail(err, code, "object: it is damaged");
	} else if (job.own.count) {
		code = relocate(&job);
		forget_records(&job);
	}
	target_release(&job.target);
	btf_release(&job.own);
	elf_end(job.elf);
	/* the kernel's types were 6 MB, and once such a piece was freed malloc keeps twice as much for itself */
	malloc_trim(0);
	return code;
}

void lt_relocation_release(struct lt_relocation *relocation)
{
	for (uint32_t i = 0; i < relocation->count; i++)
		free(relocation->open[i]);
	free(relocation->open);
	*relocation = (struct lt_relocation){ 0 };
}

const char *lt_relocation_reason(const struct lt_relocation *relocation, const char *said)
{
	static const char unknown[] = "invalid func unknown#";
	const char *at = strstr(said, unknown);
	int64_t number = at ? strtoll(at + strlen(unknown), NULL, 10) - PATCH_STOP : -1;

	return number >= 0 && number < relocation->count ? relocation->open[number] : NULL;
}
