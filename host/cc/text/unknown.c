/* SPDX-License-Identifier: MIT */
#include "unknown.h"
#include "symbols/similar.h"
#include "headers.h"
#include "kernel_names.h"
#include "names.h"
#include <stdio.h>
#include <string.h>

static void offer(lt_similar *similar, const char *name)
{
	lt_similar_offer(similar, name, strlen(name));
}

static void offer_enumerators(lt_similar *similar, const struct kernel_btf *btf, const struct btf_type *type)
{
	uint32_t stride = btf_kind_of(type) == BTF_KIND_ENUM ? sizeof(struct btf_enum) : 12;
	const char *at = (const char *)(type + 1);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++, at += stride)
		offer(similar, btf_string(btf, *(const uint32_t *)at));
}

static void note_similar(const lt_similar *similar, const char *what, struct notes *notes)
{
	char list[LT_SIMILAR_COUNT * 64];

	if (lt_similar_list(similar, list, sizeof(list)))
		notes_always(notes, "%s '%s': similar: %s", what, similar->wanted, list);
}

/* A name that stands alone. Functions and structs of that name explain it; else what could stand in its place. */
/* As a macro it would break the text's own `__attribute__((NAME))`. */
static bool explain_attribute(const char *name, struct notes *notes)
{
	static const char attribute[] = "__attribute__";
	const struct kernel_name *entry = kernel_find(name, name_hash(name, strlen(name)));

	if (!entry || strncmp(kernel_text_of(entry), attribute, strlen(attribute)))
		return false;
	notes_always(notes, "'%s' cannot stand alone in a text that has it inside __attribute__((...)), too; write '%s'", name,
		     kernel_text_of(entry));
	return true;
}

static void explain_name(const struct kernel_btf *btf, const char *name, struct notes *notes)
{
	lt_similar similar;

	if (explain_attribute(name, notes))
		return;
	lt_similar_start(&similar, name);
	for (uint32_t id = 1; id < btf->count; id++) {
		const struct btf_type *type = btf_at(btf, id);
		uint32_t kind = btf_kind_of(type);
		const char *own = btf_string(btf, type->name_off);

		if (kind == BTF_KIND_FUNC && !strcmp(own, name)) {
			notes_always(notes, "'%s' is a function of the kernel; a BPF program cannot call it", name);
			return;
		}
		if (btf_is_struct_or_union(type) && !strcmp(own, name)) {
			notes_always(notes, "'%s' is a %s of the kernel; write '%s %s'", name,
				     kind == BTF_KIND_UNION ? "union" : "struct", kind == BTF_KIND_UNION ? "union" : "struct", name);
			return;
		}
		/* the kernel has a typedef for each helper, which no text means */
		if (kind == BTF_KIND_TYPEDEF && strncmp(own, "btf_bpf_", strlen("btf_bpf_")))
			offer(&similar, own);
		else if (kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64)
			offer_enumerators(&similar, btf, type);
	}
	for (const struct helper *helper = helpers; helper->name; helper++)
		offer(&similar, helper->name);
	for (uint32_t i = 0; i < kernel_name_count; i++)
		if (!strchr(kernel_name_of(&kernel_names[i]), ' '))
			offer(&similar, kernel_name_of(&kernel_names[i]));
	note_similar(&similar, "name", notes);
}

static void explain_tag(const struct kernel_btf *btf, const char *tag, struct notes *notes)
{
	lt_similar similar;

	lt_similar_start(&similar, tag);
	for (uint32_t id = 1; id < btf->count; id++) {
		const struct btf_type *type = btf_at(btf, id);

		if (!btf_is_struct_or_union(type))
			continue;
		/* known, and not complete for a reason of the text's own */
		if (!strcmp(btf_string(btf, type->name_off), tag))
			return;
		offer(&similar, btf_string(btf, type->name_off));
	}
	note_similar(&similar, "struct", notes);
}

/* Members of a struct, and where one of that name lies if it is deeper within it. */
static bool find_member(const struct kernel_btf *btf, uint32_t id, const char *path, lt_similar *similar, int depth,
			char *found, size_t size)
{
	const struct btf_type *type = btf_at(btf, id);
	const struct btf_member *members = (const void *)(type + 1);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		const char *own = btf_string(btf, members[i].name_off);
		uint32_t inner = btf_resolve(btf, members[i].type);
		char below[200];

		if (!strcmp(own, similar->wanted)) {
			snprintf(found, size, "%s%s", path, own);
			return true;
		}
		if (!*path)
			offer(similar, own);
		snprintf(below, sizeof(below), "%s%s%s", path, own, *own ? "." : "");
		if (inner && depth < 4 && btf_is_struct_or_union(btf_at(btf, inner)) &&
		    find_member(btf, inner, below, similar, depth + 1, found, size))
			return true;
	}
	return false;
}

static void explain_member(const struct kernel_btf *btf, const char *member, const char *tag, struct notes *notes)
{
	lt_similar similar;
	char found[256];

	lt_similar_start(&similar, member);
	for (uint32_t id = 1; id < btf->count; id++) {
		const struct btf_type *type = btf_at(btf, id);

		if (!btf_is_struct_or_union(type) || strcmp(btf_string(btf, type->name_off), tag))
			continue;
		if (find_member(btf, id, "", &similar, 0, found, sizeof(found))) {
			notes_always(notes, "struct %s has '%s' as '%s'", tag, member, found);
			return;
		}
	}
	note_similar(&similar, "member", notes);
}

/* The word between quotes after `before`; false if there is none that is a name. */
static bool quoted(const char *line, const char *end, const char *before, char *word, size_t size)
{
	const char *at = memmem(line, end - line, before, strlen(before)), *close;
	size_t length;

	if (!at)
		return false;
	at += strlen(before);
	close = memchr(at, '\'', end - at);
	length = close ? (size_t)(close - at) : size;
	if (length >= size)
		return false;
	memcpy(word, at, length);
	word[length] = '\0';
	return true;
}

static void explain_line(const struct kernel_btf *btf, const char *line, const char *end, struct names *seen,
			 struct notes *notes)
{
	char name[128], tag[128];
	bool plain = quoted(line, end, "undeclared identifier '", name, sizeof(name)) ||
		     quoted(line, end, "call to undeclared function '", name, sizeof(name)) ||
		     quoted(line, end, "unknown type name '", name, sizeof(name));
	bool member = !plain && quoted(line, end, "no member named '", name, sizeof(name)) &&
		      quoted(line, end, "' in 'struct ", tag, sizeof(tag));
	bool incomplete = !plain && !member && (quoted(line, end, "incomplete type 'struct ", name, sizeof(name)) ||
						quoted(line, end, "definition of type 'struct ", name, sizeof(name)));

	if ((!plain && !member && !incomplete) || names_find(seen, name))
		return;
	names_add(seen, name, strlen(name), 0);
	if (plain)
		explain_name(btf, name, notes);
	else if (member)
		explain_member(btf, name, tag, notes);
	else
		explain_tag(btf, name, notes);
}

void unknown_explain(const struct kernel_btf *btf, const char *messages, struct notes *notes)
{
	struct names seen = { 0 };

	for (const char *line = messages; line; line = strchr(line, '\n')) {
		const char *end;

		line += *line == '\n';
		end = strchrnul(line, '\n');
		if (memmem(line, end - line, "error: ", strlen("error: ")))
			explain_line(btf, line, end, &seen, notes);
	}
	names_free(&seen);
}
