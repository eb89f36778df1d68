/* SPDX-License-Identifier: MIT */
#include "known.h"
#include "headers.h"
#include "text/kernel_names.h"
#include "text/match.h"
#include "kernel/btf.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* After what clang knows, which is what the text is about. */
enum { PRIORITY_MEMBER = 35, PRIORITY_HELPER = 50, PRIORITY_TYPE = 72, PRIORITY_CONSTANT = 74, PRIORITY_TABLE = 76 };

static void add(struct candidates *candidates, enum candidate_kind kind, unsigned priority, const char *name,
		const char *display, const char *doc)
{
	candidates_add(candidates, &(struct candidate){ kind, priority, name, display, doc });
}

/* "KEYWORD NAME" or, with `value`, "NAME = VALUE". */
static void add_described(struct candidates *candidates, enum candidate_kind kind, unsigned priority,
			  const char *name, const char *keyword, const char *value)
{
	struct text display = { 0 };

	if (!candidates_want(candidates, kind, name))
		return;
	if (*keyword)
		text_printf(&display, "%s ", keyword);
	text_add(&display, name);
	if (*value)
		text_printf(&display, " = %s", value);
	add(candidates, kind, priority, name, display.data, NULL);
	text_free(&display);
}

/* ---- the kernel's types ------------------------------------------------------------------------------------------ */

static void add_enumerators(struct candidates *candidates, const struct kernel_btf *btf, const struct btf_type *type)
{
	const char *at = (const char *)(type + 1);
	uint32_t stride = btf_enumerator_size(type);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++, at += stride) {
		const uint32_t *words = (const uint32_t *)at;
		const char *name = btf_string(btf, words[0]);
		bool is_signed = BTF_INFO_KFLAG(type->info);
		char value[32];

		if (!candidates_want(candidates, CANDIDATE_ENUMERATOR, name))
			continue;
		if (btf_kind_of(type) == BTF_KIND_ENUM64)
			snprintf(value, sizeof(value), "0x%" PRIx64, (uint64_t)words[2] << 32 | words[1]);
		else
			snprintf(value, sizeof(value), is_signed ? "%" PRId32 : "%" PRIu32, words[1]);
		add_described(candidates, CANDIDATE_ENUMERATOR, PRIORITY_CONSTANT, name, "", value);
	}
}

static void add_tag(struct candidates *candidates, const char *name, uint32_t kind, enum frontend_place place)
{
	if (place == FRONTEND_PLACE_STRUCT_TAG && kind == BTF_KIND_STRUCT)
		add_described(candidates, CANDIDATE_TYPE, PRIORITY_TYPE, name, "struct", "");
	else if (place == FRONTEND_PLACE_UNION_TAG && kind == BTF_KIND_UNION)
		add_described(candidates, CANDIDATE_TYPE, PRIORITY_TYPE, name, "union", "");
	else if (place == FRONTEND_PLACE_ENUM_TAG && (kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64))
		add_described(candidates, CANDIDATE_TYPE, PRIORITY_TYPE, name, "enum", "");
}

static void add_types(struct candidates *candidates, const struct kernel_btf *btf, enum frontend_place place)
{
	bool names = place == FRONTEND_PLACE_ANY || place == FRONTEND_PLACE_TYPE;

	for (uint32_t id = 1; id < btf->count; id++) {
		const struct btf_type *type = btf_at(btf, id);
		const char *name = btf_string(btf, type->name_off);

		if (!names)
			add_tag(candidates, name, btf_kind_of(type), place);
		else if (btf_kind_of(type) == BTF_KIND_TYPEDEF)
			add_described(candidates, CANDIDATE_TYPE, PRIORITY_TYPE, name, "typedef", "");
		else if (place == FRONTEND_PLACE_ANY && btf_is_enumeration(type))
			add_enumerators(candidates, btf, type);
	}
}

/* ---- the table beside them --------------------------------------------------------------------------------------- */

static void add_entry(struct candidates *candidates, const struct kernel_name *entry)
{
	const char *name = kernel_name_of(entry), *text = kernel_text_of(entry);
	struct text display = { 0 };

	switch (entry->kind) {
	case KERNEL_DEFINE:
		add_described(candidates, CANDIDATE_MACRO, PRIORITY_TABLE, name, "", text);
		break;
	case KERNEL_ENUMERATOR:
		add_described(candidates, CANDIDATE_ENUMERATOR, PRIORITY_TABLE, name, "", text);
		break;
	case KERNEL_MACRO:
		text_printf(&display, "%s%.*s", name, (int)(strcspn(text, ")") + 1), text);
		add(candidates, CANDIDATE_MACRO, PRIORITY_TABLE, name, display.data, NULL);
		break;
	case KERNEL_FUNCTION:
		text_printf(&display, "%.*s", (int)strcspn(text, "{;"), text);
		add(candidates, CANDIDATE_FUNCTION, PRIORITY_TABLE, name, display.data, NULL);
		break;
	case KERNEL_TYPE:
		add_described(candidates, CANDIDATE_TYPE, PRIORITY_TABLE, name, "typedef", "");
		break;
	}
	text_free(&display);
}

/* Names of types come with their keyword, but for typedefs. */
static void add_table(struct candidates *candidates, enum frontend_place place)
{
	const char *keyword = place == FRONTEND_PLACE_STRUCT_TAG ? "struct" : place == FRONTEND_PLACE_ENUM_TAG ? "enum" : "";

	for (uint32_t i = 0; i < kernel_name_count; i++) {
		const struct kernel_name *entry = &kernel_names[i];
		const char *name = kernel_name_of(entry), *space = strchr(name, ' ');

		if (space) {
			if (*keyword && !strncmp(name, keyword, space - name) && !keyword[space - name])
				add_described(candidates, CANDIDATE_TYPE, PRIORITY_TABLE, space + 1, keyword, "");
		} else if (candidates_want(candidates, CANDIDATE_MACRO, name)) {
			if (place == FRONTEND_PLACE_ANY || (place == FRONTEND_PLACE_TYPE && entry->kind == KERNEL_TYPE))
				add_entry(candidates, entry);
		}
	}
}

static void add_members_of(struct candidates *candidates, const struct kernel_btf *btf, uint32_t id)
{
	for (uint32_t i = 0; i < kernel_name_count; i++) {
		const char *name = kernel_name_of(&kernel_names[i]), *path = kernel_text_of(&kernel_names[i]);
		char *first;

		if (kernel_names[i].kind != KERNEL_MEMBER || !candidates_want(candidates, CANDIDATE_MEMBER, name))
			continue;
		first = copy_string(path, strcspn(path, "."));
		if (btf_has_member(btf, id, first))
			add_described(candidates, CANDIDATE_MEMBER, PRIORITY_MEMBER, name, "", path);
		free(first);
	}
}

void known_add_members(struct candidates *candidates, const struct kernel_btf *btf, const char *tag)
{
	for (uint32_t id = 1; *tag && id < btf->count; id++) {
		const struct btf_type *type = btf_at(btf, id);

		if (btf_is_struct_or_union(type) && !strcmp(btf_string(btf, type->name_off), tag))
			add_members_of(candidates, btf, id);
	}
}

/* ---- helpers ---------------------------------------------------------------------------------------------------- */

/* __u32 is u32 to everybody. */
static void shorten_integers(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		bool begins = from == text || from[-1] == ' ' || from[-1] == '(';

		if (begins && (!strncmp(from, "__u", 3) || !strncmp(from, "__s", 3)) && isdigit((unsigned char)from[3]))
			from += 2;
		*to++ = *from;
	}
	*to = '\0';
}

/* `static RESULT (* const NAME)(PARAMETERS) = (void *) NUMBER;` */
static void add_helper(struct candidates *candidates, const struct helper *helper)
{
	const char *result = helper->declaration + strlen("static "), *pointer = strstr(result, "(*");
	const char *parameters = pointer ? strstr(pointer, ")(") : NULL, *end = parameters ? strstr(parameters, ") =") : NULL;
	struct text display = { 0 };

	if (!end)
		return;
	text_append(&display, result, pointer - result);
	text_add(&display, helper->name);
	text_append(&display, parameters + 1, end - parameters);
	shorten_integers(display.data);
	add(candidates, CANDIDATE_FUNCTION, PRIORITY_HELPER, helper->name, display.data, helper->doc);
	text_free(&display);
}

bool known_is_helper(const char *name)
{
	for (const struct helper *helper = helpers; helper->name; helper++)
		if (!strcmp(helper->name, name))
			return true;
	return false;
}

const struct dialect_name *known_dialect(const char *name)
{
	for (const struct dialect_name *entry = dialect_names; entry->name; entry++)
		if (!strcmp(entry->name, name))
			return entry;
	return NULL;
}

void known_add(struct candidates *candidates, const struct kernel_btf *btf, enum frontend_place place)
{
	for (const struct helper *helper = helpers; place == FRONTEND_PLACE_ANY && helper->name; helper++)
		if (candidates_want(candidates, CANDIDATE_FUNCTION, helper->name))
			add_helper(candidates, helper);
	if (!candidates->word_length)
		return;
	add_types(candidates, btf, place);
	add_table(candidates, place);
}
