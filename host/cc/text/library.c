/* SPDX-License-Identifier: MIT */
#include "library.h"
#include "kernel_names.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	LIBRARY_GATHERED = 1 << 0,
	LIBRARY_CHOSEN = 1 << 1,
	LIBRARY_PRINTED = 1 << 2,
};

/* Calls `each` with every entry that one of a name's meanings may need: as it stands, as a tag, as an enum's. */
typedef void (*entry_function)(struct library *library, const struct kernel_name *entry, void *context);

static void with_tag(struct library *library, const char *keyword, const char *tag, entry_function each, void *context)
{
	char key[256];
	int length = snprintf(key, sizeof(key), "%s %s", keyword, tag);
	const struct kernel_name *entry;

	if (length < 0 || (size_t)length >= sizeof(key))
		return;
	entry = kernel_find(key, name_hash(key, length));
	if (entry)
		each(library, entry, context);
}

static void with_name(struct library *library, const struct name *name, entry_function each, void *context)
{
	if (name->flags & (NAME_PLAIN | NAME_MEMBER)) {
		const struct kernel_name *entry = kernel_find(name->text, name->hash);

		if (entry)
			each(library, entry, context);
	}
	if (name->flags & NAME_TAG)
		with_tag(library, "struct", name->text, each, context);
	if (name->flags & NAME_ENUM_TAG)
		with_tag(library, "enum", name->text, each, context);
}

static void with_names(struct library *library, const struct names *names, entry_function each, void *context)
{
	for (size_t i = 0; i < names->room; i++)
		if (names->slots[i].text)
			with_name(library, &names->slots[i], each, context);
}

static void scan_entry(const struct kernel_name *entry, struct names *names)
{
	const char *text = kernel_text_of(entry);

	if (entry->kind == KERNEL_MACRO)
		scan_macro_body(names, text, strlen(text));
	else
		scan_text(names, text, strlen(text), NULL);
}

static size_t index_of(const struct kernel_name *entry)
{
	return entry - kernel_names;
}

/* ---- all that may be needed ------------------------------------------------------------------------------------ */

/* The names in a condition: "NAME" or "TAG.MEMBER". */
static void gather_condition(const struct kernel_name *entry, struct names *found)
{
	const char *when = kernel_when_of(entry);

	if (*when)
		names_add(found, when, strcspn(when, "."), 0);
}

static void gather_entry(struct library *library, const struct kernel_name *entry, void *context)
{
	struct names *found = context;

	if (library->state[index_of(entry)] & LIBRARY_GATHERED)
		return;
	library->state[index_of(entry)] |= LIBRARY_GATHERED;
	for (; entry; entry = kernel_next(entry)) {
		gather_condition(entry, found);
		scan_entry(entry, found);
	}
}

void library_gather(struct library *library, struct names *names)
{
	struct names found = { 0 };
	size_t before = 0;

	library->names = names;
	library->state = allocate_zeroed(kernel_name_count, 1);
	with_names(library, names, gather_entry, &found);
	while (found.count != before) {
		struct names more = { 0 };

		before = found.count;
		with_names(library, &found, gather_entry, &more);
		for (size_t i = 0; i < more.room; i++)
			if (more.slots[i].text)
				names_add(&found, more.slots[i].text, strlen(more.slots[i].text), more.slots[i].flags);
		names_free(&more);
	}
	for (size_t i = 0; i < found.room; i++)
		if (found.slots[i].text)
			names_add(names, found.slots[i].text, strlen(found.slots[i].text), 0);
	names_free(&found);
}

/* ---- what is needed -------------------------------------------------------------------------------------------- */

struct choice {
	const struct btf_matches *matches;
	const struct kernel_btf *btf;
	struct names *used;	/* by what is chosen */
};

static bool condition_holds(const struct library *library, const struct choice *choice, const char *when)
{
	const char *dot = strchr(when, '.');
	const struct name *name;
	char tag[128];

	if (!*when)
		return true;
	if (!strcmp(when, "__LT_PORTABLE"))
		return library->portable;
	if (!dot) {
		name = names_find(library->names, when);
		return name && (name->flags & (NAME_IN_BTF | NAME_TAG_IN_BTF));
	}
	if ((size_t)snprintf(tag, sizeof(tag), "%.*s", (int)(dot - when), when) >= sizeof(tag))
		return false;
	return btf_has_member(choice->btf, btf_match_tag(choice->matches, choice->btf, library->names, tag), dot + 1);
}

static bool has_capital(const char *text)
{
	for (; *text; text++)
		if (isupper((unsigned char)*text))
			return true;
	return false;
}

/* `int x __used __aligned(8);` looks as if it declared a function of that name. */
static bool is_attribute(const struct kernel_name *entry)
{
	return entry->kind == KERNEL_MACRO && strstr(kernel_text_of(entry), ") __attribute__");
}

/* Whether the text wants the table's meaning of a name that it has. */
static bool is_wanted(const struct library *library, const struct kernel_name *entry)
{
	const char *text = kernel_name_of(entry), *space = strchr(text, ' ');
	const struct name *name = names_find(library->names, space ? space + 1 : text);
	uint32_t flags = name ? name->flags : 0;

	if (flags & NAME_REFUSED)
		return false;
	if (space && *text == 'e')
		return (flags & NAME_ENUM_TAG) && !(flags & (NAME_TAG_DEFINED | NAME_ENUM_IN_BTF));
	if (space)
		return (flags & NAME_TAG) && !(flags & (NAME_TAG_DEFINED | NAME_TAG_IN_BTF));
	if ((flags & NAME_MACRO) || ((flags & NAME_DEFINED) && !is_attribute(entry)))
		return false;
	if (entry->kind == KERNEL_MEMBER)
		return (flags & NAME_MEMBER) && (!(flags & NAME_PLAIN) || library->has_sock_members);
	if (!(flags & NAME_PLAIN) || (flags & NAME_IN_BTF))
		return false;
	if (entry->kind == KERNEL_MACRO && !(flags & NAME_CALLED) && !has_capital(text))
		return false;
	/* without parameters, it would also replace a variable of that name */
	return entry->kind != KERNEL_DEFINE || !(flags & NAME_LOCAL) || has_capital(text);
}

static void choose_entry(struct library *library, const struct kernel_name *entry, void *context)
{
	struct choice *choice = context;
	uint8_t *state = &library->state[index_of(entry)];

	if ((*state & LIBRARY_CHOSEN) || !is_wanted(library, entry))
		return;
	*state |= LIBRARY_CHOSEN;
	for (; entry; entry = kernel_next(entry))
		if (condition_holds(library, choice, kernel_when_of(entry))) {
			scan_entry(entry, choice->used);
			break;
		}
}

void library_choose(struct library *library, const struct btf_matches *matches, const struct kernel_btf *btf)
{
	size_t added;

	do {
		struct names used = { 0 };
		struct choice choice = { matches, btf, &used };

		with_names(library, library->names, choose_entry, &choice);
		added = used.count;
		for (size_t i = 0; i < used.room; i++)
			if (used.slots[i].text)
				names_add(library->names, used.slots[i].text, strlen(used.slots[i].text),
					  used.slots[i].flags & (NAME_PLAIN | NAME_CALLED | NAME_MEMBER | NAME_TAG | NAME_ENUM_TAG));
		names_free(&used);
	} while (added);
}

/* ---- as C ------------------------------------------------------------------------------------------------------ */

static void print_text(const struct kernel_name *entry, struct text *out)
{
	const char *name = kernel_name_of(entry), *text = kernel_text_of(entry);

	switch (entry->kind) {
	case KERNEL_DEFINE:
	case KERNEL_MEMBER:
		text_printf(out, "#define %s %s\n", name, text);
		break;
	case KERNEL_MACRO:
		text_printf(out, "#define %s%s\n", name, text);
		break;
	case KERNEL_ENUMERATOR:
		text_printf(out, "enum { %s = %s };\n", name, text);
		break;
	default:
		text_printf(out, "%s\n", text);
	}
}

struct printing {
	struct text *out;
	const struct choice *choice;
};

/* After what it needs. A cycle is only possible through macros, whose order does not matter. */
static void print_entry(struct library *library, const struct kernel_name *entry, void *context)
{
	struct printing *printing = context;
	uint8_t *state = &library->state[index_of(entry)];
	struct names used = { 0 };

	if (!(*state & LIBRARY_CHOSEN) || (*state & LIBRARY_PRINTED))
		return;
	*state |= LIBRARY_PRINTED;
	while (entry && !condition_holds(library, printing->choice, kernel_when_of(entry)))
		entry = kernel_next(entry);
	if (!entry)
		return;
	scan_entry(entry, &used);
	with_names(library, &used, print_entry, printing);
	names_free(&used);
	print_text(entry, printing->out);
}

void library_print(struct library *library, const struct btf_matches *matches, const struct kernel_btf *btf,
		   struct text *out)
{
	struct choice choice = { matches, btf, NULL };
	struct printing printing = { out, &choice };

	/* types and constants before names that could stand in them as members */
	for (int members = 0; members < 2; members++)
		for (uint32_t i = 0; i < kernel_name_count; i++)
			if (library->state[i] & LIBRARY_CHOSEN && (kernel_names[i].kind == KERNEL_MEMBER) == members)
				print_entry(library, &kernel_names[i], &printing);
}

bool library_may_refuse(const char *name, bool capitals)
{
	const struct kernel_name *entry = kernel_find(name, name_hash(name, strlen(name)));

	return entry && (entry->kind == KERNEL_DEFINE || entry->kind == KERNEL_MEMBER) && (capitals || !has_capital(name));
}

void library_free(struct library *library)
{
	free(library->state);
	*library = (struct library){ 0 };
}
