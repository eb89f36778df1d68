/* SPDX-License-Identifier: MIT
 *
 * A struct with members under the names that a text knows them by. The aliases overlay the struct as it is, so that
 * neither its layout nor any other struct's members change:
 *
 *   struct task_struct { union { struct { …all members… }; struct { char pad[24]; unsigned int state; }; }; };
 */
#include "slice.h"
#include <string.h>

/* Moves to byte `to`, and declares what is there. */
static uint32_t print_at(struct slice *slice, uint32_t from, const struct drift_place *place, const char *name,
			 struct text *out)
{
	if (place->byte > from)
		text_printf(out, " char __lt_pad%u[%u];", slice->pads++, place->byte - from);
	text_add(out, " ");
	slice_print_declaration(slice, place->type, name, out);
	text_add(out, ";");
	return place->byte + btf_size(slice->btf, place->type);
}

/* "tv_sec=i_mtime_sec,tv_nsec=i_mtime_nsec": a struct that begins where its first member lies. */
static bool print_struct_alias(struct slice *slice, uint32_t id, const struct alias *alias, struct text *out)
{
	struct drift_place first = { 0 }, place;
	uint32_t at;
	const char *now = alias->now;
	struct text inner = { 0 };

	for (at = 0; now; now = strchr(now, ',') ? strchr(now, ',') + 1 : NULL) {
		const char *path = strchr(now, '=') + 1;
		char *name = copy_string(now, path - 1 - now);
		bool found = drift_find(slice->btf, id, path, strcspn(path, ","), &place);

		if (now == alias->now)
			first = place;
		/* upwards only: C could not place it otherwise */
		found = found && place.byte >= first.byte + at;
		if (found) {
			place.byte -= first.byte;
			at = print_at(slice, at, &place, name, &inner);
		}
		free(name);
		if (!found) {
			text_free(&inner);
			return false;
		}
	}
	text_printf(out, "\tstruct {");
	if (first.byte)
		text_printf(out, " char __lt_pad%u[%u];", slice->pads++, first.byte);
	text_printf(out, " struct {%s } __attribute__((packed, aligned(%u))) %s; };\n", inner.data,
		    btf_alignment(slice->btf, first.type), alias->name);
	text_free(&inner);
	return true;
}

/* At the first pointer's place, with the way from there: see moved.c. */
static void print_behind(struct slice *slice, const struct drift_place *place, const char *name, struct text *out)
{
	if (place->pointers[0])
		text_printf(out, " char __lt_pad%u[%u];", slice->pads++, place->pointers[0]);
	text_add(out, " ");
	slice_print_declaration(slice, place->type, name, out);
	text_add(out, " __attribute__((annotate(\"" DRIFT_BEHIND);
	for (uint32_t i = 1; i < place->pointer_count; i++)
		text_printf(out, " %u", place->pointers[i]);
	text_printf(out, " %u\")));", place->byte);
}

static void print_alias(struct slice *slice, uint32_t id, const struct alias *alias, struct text *out)
{
	struct drift_place place;

	if (strchr(alias->now, '=')) {
		print_struct_alias(slice, id, alias, out);
		return;
	}
	if (!drift_find(slice->btf, id, alias->now, strlen(alias->now), &place))
		return;
	text_add(out, "\tstruct {");
	if (place.pointer_count)
		print_behind(slice, &place, alias->name, out);
	else
		print_at(slice, 0, &place, alias->name, out);
	/* a packed struct stays aligned to nothing */
	text_add(out, btf_alignment(slice->btf, place.type) > btf_alignment(slice->btf, id) ?
		      " } __attribute__((packed));\n" : " };\n");
}

bool slice_print_aliased(struct slice *slice, uint32_t id, struct text *out)
{
	const struct btf_type *type = btf_at(slice->btf, id);
	const char *tag = btf_string(slice->btf, type->name_off);
	bool any = false;

	for (uint32_t i = 0; slice->drift && i < slice->drift->applied_count; i++) {
		const struct alias *alias = slice->drift->applied[i];

		if (!alias->name || strcmp(alias->tag, tag))
			continue;
		if (!any) {
			text_add(out, " {\n\tunion {\n\tstruct");
			slice_print_members(slice, type, 1, out);
			text_add(out, ";\n");
		}
		any = true;
		print_alias(slice, id, alias, out);
	}
	if (any)
		text_add(out, "\t};\n}");
	return any;
}
