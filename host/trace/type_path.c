/* SPDX-License-Identifier: MIT
 *
 * A way from a type to a member of a member, through pointers and arrays: "task_struct.mm->pgd", where "." and "->" are
 * one, "task_struct.comm[3]".
 */
#include "types.h"
#include "near.h"
#include "type_text.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	const struct lt_types *types;
	const char *path;	/* the whole of it */
	const char *rest;	/* of it: what is to be walked yet */
	struct lt_type_ref at;
	char owner[160];	/* of the members that are looked at: "struct mm_struct" */
	char origin[160];	/* where the last pointer led, or the path began */
	uint64_t total;		/* bits from there */
	FILE *steps;
	lt_error *err;
};

static const struct btf *btf_of(const struct walk *walk)
{
	return walk->types->parts[walk->at.part].btf;
}

static const struct btf_type *type_of(const struct walk *walk)
{
	return btf__type_by_id(btf_of(walk), walk->at.id);
}

/* A type as it is written without a name. */
static void name_type(const struct walk *walk, uint32_t id, char *out, size_t size)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	struct lt_type_writer writer = { .out = stream, .btf = btf_of(walk) };

	*out = '\0';
	if (!stream)
		return;
	lt_type_declare(&writer, id, "");
	if (!fclose(stream))
		snprintf(out, size, "%s", text);
	free(text);
}

/* What has been walked of the path. */
static int done_length(const struct walk *walk)
{
	return (int)(walk->rest - walk->path);
}

/* To the elements of an array, or to what a pointer leads to. */
static void enter(struct walk *walk, uint64_t index)
{
	const struct btf_type *type = type_of(walk);
	int64_t size;

	if (btf_is_ptr(type))
		walk->total = 0;
	walk->at.id = btf_is_ptr(type) ? type->type : btf_array(type)->type;
	if (btf_is_ptr(type))
		name_type(walk, lt_type_skip_qualifiers(btf_of(walk), walk->at.id), walk->origin, sizeof(walk->origin));
	size = btf__resolve_size(btf_of(walk), walk->at.id);
	walk->total += index * (size > 0 ? (uint64_t)size * 8 : 0);
}

static int walk_index(struct walk *walk)
{
	const char *start = walk->rest + 1;
	const struct btf_type *type;
	char *end, name[160];
	uint64_t index;

	errno = 0;
	index = strtoul(start, &end, 0);
	if (!isdigit((unsigned char)*start) || *end != ']' || errno || index > UINT32_MAX)
		return lt_fail(walk->err, -EINVAL, "type '%s': after '%.*s' a number and a ']' should follow", walk->path,
			       done_length(walk) + 1, walk->path);
	walk->at.id = lt_type_strip(btf_of(walk), walk->at.id);
	type = type_of(walk);
	if (!btf_is_array(type) && !btf_is_ptr(type)) {
		name_type(walk, walk->at.id, name, sizeof(name));
		return lt_fail(walk->err, -EINVAL, "type '%s': '%.*s' is %s, which is no array", walk->path,
			       done_length(walk), walk->path, name);
	}
	if (btf_is_array(type) && btf_array(type)->nelems && index >= btf_array(type)->nelems)
		return lt_fail(walk->err, -ERANGE, "type '%s': '%.*s' has %u elements", walk->path, done_length(walk),
			       walk->path, btf_array(type)->nelems);
	enter(walk, index);
	fprintf(walk->steps, "    /* [%" PRIu64 "]: offset %" PRIu64 " in %s */\n", index, walk->total / 8, walk->origin);
	walk->rest = end + 1;
	return 0;
}

/* To the struct whose member is asked for; `follows` says whether by a pointer. */
static int walk_to_struct(struct walk *walk, bool *follows)
{
	char name[160];

	name_type(walk, walk->at.id, name, sizeof(name));
	walk->at.id = lt_type_strip(btf_of(walk), walk->at.id);
	while (btf_is_array(type_of(walk))) {
		enter(walk, 0);
		walk->at.id = lt_type_strip(btf_of(walk), walk->at.id);
	}
	*follows = btf_is_ptr(type_of(walk));
	if (*follows)
		enter(walk, 0);
	/* unnamed structs go by the name of their typedef */
	name_type(walk, lt_type_skip_qualifiers(btf_of(walk), walk->at.id), walk->owner, sizeof(walk->owner));
	walk->at.id = lt_type_strip(btf_of(walk), walk->at.id);
	if (btf_is_fwd(type_of(walk)) && !lt_types_define(walk->types, &walk->at))
		return lt_fail(walk->err, -ENOENT, "type '%s': %s is declared only: neither the kernel nor a loaded module has "
			       "more of it", walk->path, walk->owner);
	if (btf_is_composite(type_of(walk)))
		return 0;
	return lt_fail(walk->err, -EINVAL, "type '%s': '%.*s' is %s, which has no members", walk->path, done_length(walk),
		       walk->path, name);
}

static void put_step(struct walk *walk, const char *member, bool follows, const struct lt_type_member *found)
{
	char bit[16] = "", total_bit[16] = "";

	walk->total += found->offset;
	if (found->bits) {
		snprintf(bit, sizeof(bit), ":%u", (unsigned)(found->offset % 8));
		snprintf(total_bit, sizeof(total_bit), ":%u", (unsigned)(walk->total % 8));
	}
	fprintf(walk->steps, "    /* %s%s: offset %" PRIu64 "%s in %s", follows ? "->" : ".", member, found->offset / 8, bit,
		walk->owner);
	if (walk->total != found->offset || strcmp(walk->owner, walk->origin))
		fprintf(walk->steps, ", %" PRIu64 "%s in %s", walk->total / 8, total_bit, walk->origin);
	if (found->bits)
		fprintf(walk->steps, ", %u bit%s", found->bits, found->bits == 1 ? "" : "s");
	fputs(" */\n", walk->steps);
}

static int walk_member(struct walk *walk)
{
	const char *start = walk->rest + (*walk->rest == '.' ? 1 : 2);
	size_t length = 0;
	char member[128], names[LT_NEAR_SIZE];
	struct lt_type_member found;
	lt_similar similar;
	bool follows;
	int code;

	while (isalnum((unsigned char)start[length]) || start[length] == '_')
		length++;
	if (!length || length >= sizeof(member))
		return lt_fail(walk->err, -EINVAL, "type '%s': after '%.*s' a member's name should follow", walk->path,
			       (int)(start - walk->path), walk->path);
	snprintf(member, sizeof(member), "%.*s", (int)length, start);
	code = walk_to_struct(walk, &follows);
	if (code)
		return code;
	if (!lt_type_member(btf_of(walk), walk->at.id, member, &found)) {
		lt_similar_start(&similar, member);
		lt_type_offer_members(btf_of(walk), walk->at.id, &similar, 0);
		lt_near_write(&similar, names, sizeof(names));
		return lt_fail(walk->err, -ENOENT, "type '%s': %s has no member '%s'%s", walk->path, walk->owner, member, names);
	}
	put_step(walk, member, follows, &found);
	walk->at.id = found.type;
	walk->rest = start + length;
	return 0;
}

static int walk_all(struct walk *walk)
{
	int code = 0;

	name_type(walk, walk->at.id, walk->origin, sizeof(walk->origin));
	while (!code && *walk->rest) {
		if (*walk->rest == '[')
			code = walk_index(walk);
		else if (*walk->rest == '.' || !strncmp(walk->rest, "->", 2))
			code = walk_member(walk);
		else
			code = lt_fail(walk->err, -EINVAL, "type '%s': after '%.*s' a '.', '->' or '[' should follow", walk->path,
				       done_length(walk), walk->path);
	}
	return code;
}

static void write_result(struct walk *walk, const char *steps, FILE *out)
{
	struct lt_type_writer writer = { .out = out, .btf = btf_of(walk) };
	const char *last = walk->path + strlen(walk->path);
	const struct btf_type *type;
	char name[128];

	while (last > walk->path && !strchr(".>", last[-1]))
		last--;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(last, "["), last);
	lt_type_declare(&writer, walk->at.id, name);
	fprintf(out, ";\n%s", steps);
	walk->at.id = lt_type_skip_qualifiers(btf_of(walk), walk->at.id);
	while (btf_is_array(type_of(walk)))
		walk->at.id = lt_type_skip_qualifiers(btf_of(walk), btf_array(type_of(walk))->type);
	type = btf__type_by_id(btf_of(walk), lt_type_strip(btf_of(walk), walk->at.id));
	if (type_of(walk)->name_off && (btf_is_composite(type) || btf_is_any_enum(type) || btf_is_fwd(type))) {
		fputc('\n', out);
		lt_type_define(walk->types, walk->at, out);
	}
}

/* Of several types of the root's name, the first that has such members is meant. */
int lt_type_path_describe(struct lt_types *types, const char *path, size_t length, FILE *out, lt_error *err)
{
	char *root = strndup(path, length);
	const struct lt_type_wanted wanted = lt_type_wanted(root ? root : "");
	struct lt_type_ref at = { 0 };
	int code = -ENOENT;
	bool found = false;

	while (root && code && lt_types_next(types, &wanted, &at)) {
		char *steps = NULL;
		size_t size;
		struct walk walk = { .types = types, .path = path, .rest = path + length, .at = at,
				     .steps = open_memstream(&steps, &size), .err = found ? NULL : err };

		found = true;
		code = walk.steps ? walk_all(&walk) : -ENOMEM;
		if (walk.steps)
			fclose(walk.steps);
		if (!code)
			write_result(&walk, steps, out);
		free(steps);
	}
	if (!root || code == -ENOMEM)
		code = lt_fail(err, -ENOMEM, "types: out of memory");
	else if (!found)
		code = lt_types_unknown(types, root, err);
	free(root);
	return code;
}
