/* SPDX-License-Identifier: MIT
 *
 * Who holds, points to, takes and returns a type.
 */
#include "types.h"
#include "type_text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of structs in structs, and of a declaration from its outside to the type it is of. */
enum { MAX_DEPTH = 32 };

struct users {
	const struct lt_types *types;
	struct lt_type_ref *targets;	/* the types of that name, where they are only declared too */
	uint32_t target_count;
	uint32_t part;			/* which is looked at */
	char **lines;
	uint32_t count, room;
	bool failed;
};

static const struct btf *btf_of(const struct users *users)
{
	return users->types->parts[users->part].btf;
}

static bool is_target(const struct users *users, uint32_t id)
{
	/* of a module the kernel's types have the kernel's ids */
	uint32_t part = id < users->types->parts[users->part].first ? 0 : users->part;

	for (uint32_t i = 0; i < users->target_count; i++)
		if (users->targets[i].id == id && users->targets[i].part == part)
			return true;
	return false;
}

/* Whether a declaration is of the type; `points`: by a pointer. */
static bool is_of_target(const struct users *users, uint32_t id, bool *points)
{
	const struct btf *btf = btf_of(users);

	*points = false;
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (is_target(users, id))
			return true;
		if (btf_is_ptr(type))
			*points = true;
		else if (!btf_is_mod(type) && !btf_is_type_tag(type) && !btf_is_typedef(type) && !btf_is_array(type))
			return false;
		id = btf_is_array(type) ? btf_array(type)->type : type->type;
	}
	return false;
}

static bool make_room(struct users *users)
{
	uint32_t room = users->room ? users->room * 2 : 256;
	char **lines;

	if (users->count < users->room)
		return true;
	lines = realloc(users->lines, room * sizeof(*lines));
	if (!lines)
		return false;
	users->lines = lines;
	users->room = room;
	return true;
}

/* "1 WHERE	TYPE	MODULE": by the kind's number they are sorted. */
static void add(struct users *users, int use, const char *where, const char *name, uint32_t id)
{
	const char *module = users->types->parts[users->part].module;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	struct lt_type_writer writer = { .out = stream, .btf = btf_of(users) };

	if (!stream || !make_room(users)) {
		users->failed = true;
		if (stream)
			fclose(stream);
		free(text);
		return;
	}
	fprintf(stream, "%d ", use);
	lt_type_put_name(&writer, where);
	fputc('\t', stream);
	writer.last = '\0';
	lt_type_declare(&writer, id, name);
	fputc('\t', stream);
	lt_type_put_name(&writer, module ? module : "");
	if (fclose(stream)) {
		free(text);
		users->failed = true;
		return;
	}
	users->lines[users->count++] = text;
}

/* Members of a struct, and of unnamed ones in it: `where` is what leads there. */
static void look_at_members(struct users *users, uint32_t id, const char *where, int depth)
{
	const struct btf *btf = btf_of(users);
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (uint32_t i = 0; depth < MAX_DEPTH && i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *name = btf__name_by_offset(btf, member->name_off);
		const struct btf_type *inner;
		char path[512];
		uint32_t base;
		bool points;

		snprintf(path, sizeof(path), "%s%s%s", where, *name ? "." : "", name);
		if (is_of_target(users, member->type, &points)) {
			add(users, points ? LT_TYPE_POINTS : LT_TYPE_HOLDS, path, "", member->type);
			continue;
		}
		base = lt_type_skip_qualifiers(btf, member->type);
		while (btf_is_array(btf__type_by_id(btf, base)))
			base = lt_type_skip_qualifiers(btf, btf_array(btf__type_by_id(btf, base))->type);
		inner = btf__type_by_id(btf, base);
		if (btf_is_composite(inner) && !inner->name_off)
			look_at_members(users, base, path, depth + 1);
	}
}

static void look_at_function(struct users *users, const struct btf_type *function, const char *name)
{
	const struct btf_type *proto = btf__type_by_id(btf_of(users), function->type);
	bool points, takes = false;

	if (!btf_is_func_proto(proto))
		return;
	for (uint32_t i = 0; i < btf_vlen(proto) && !takes; i++)
		takes = is_of_target(users, btf_params(proto)[i].type, &points);
	if (takes)
		add(users, LT_TYPE_TAKES, name, name, function->type);
	if (is_of_target(users, proto->type, &points))
		add(users, LT_TYPE_RETURNS, name, name, function->type);
}

static void look_at(struct users *users, uint32_t id)
{
	const struct btf *btf = btf_of(users);
	const struct btf_type *type = btf__type_by_id(btf, id), *base;
	const char *name = btf__name_by_offset(btf, type->name_off);

	if (btf_is_func(type)) {
		look_at_function(users, type, name);
	} else if (btf_is_composite(type) && *name) {
		look_at_members(users, id, name, 0);
	} else if (btf_is_typedef(type)) {	/* of an unnamed struct, which goes by that name */
		base = btf__type_by_id(btf, type->type);
		if (btf_is_composite(base) && !base->name_off)
			look_at_members(users, type->type, name, 0);
	}
}

static int add_target(struct users *users, struct lt_type_ref ref)
{
	struct lt_type_ref *targets = realloc(users->targets, (users->target_count + 1) * sizeof(*targets));

	if (!targets)
		return -ENOMEM;
	users->targets = targets;
	targets[users->target_count++] = ref;
	return 0;
}

static int find_targets(struct users *users, const struct lt_type_wanted *wanted)
{
	int code = 0;

	for (uint32_t i = 0; i < users->types->count; i++) {
		const struct lt_types_part *part = &users->types->parts[i];

		for (uint32_t id = part->first; id < btf__type_cnt(part->btf) && !code; id++) {
			const struct btf_type *type = btf__type_by_id(part->btf, id);
			int kind = btf_is_fwd(type) ? (btf_kflag(type) ? BTF_KIND_UNION : BTF_KIND_STRUCT) :
				   btf_is_enum64(type) ? BTF_KIND_ENUM : btf_kind(type);

			if ((lt_type_is_named(type) || btf_is_fwd(type)) && (!wanted->kind || wanted->kind == kind) &&
			    !strcmp(btf__name_by_offset(part->btf, type->name_off), wanted->name))
				code = add_target(users, (struct lt_type_ref){ i, id });
		}
	}
	return code;
}

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Some stand there twice, for a type that several parts have. Returns how many are written. */
static int write_lines(struct users *users, lt_blob *out)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	int count = 0;

	if (!stream)
		return -ENOMEM;
	if (users->count)
		qsort(users->lines, users->count, sizeof(*users->lines), by_line);
	for (uint32_t i = 0; i < users->count; i++) {
		if (i && !strcmp(users->lines[i - 1], users->lines[i]))
			continue;
		fprintf(stream, "%s\n", users->lines[i]);
		count++;
	}
	if (fclose(stream)) {
		free(text);
		return -ENOMEM;
	}
	*out = (lt_blob){ text, size };
	return count;
}

static void free_users(struct users *users)
{
	for (uint32_t i = 0; i < users->count; i++)
		free(users->lines[i]);
	free(users->lines);
	free(users->targets);
}

/* There is none of that name, or what has it is looked for nowhere. */
static int no_targets(const lt_types *types, const char *name, const struct lt_type_wanted *wanted, lt_error *err)
{
	if (!lt_types_next(types, wanted, &(struct lt_type_ref){ 0 }))
		return lt_types_unknown(types, name, err);
	return lt_fail(err, -EINVAL, "type '%s': it is no struct, union, enum or typedef, and of others users are not looked "
		       "for", name);
}

int lt_types_users(lt_types *types, const char *name, lt_blob *out, lt_error *err)
{
	const struct lt_type_wanted wanted = lt_type_wanted(name);
	struct users users = { .types = types };
	int code = find_targets(&users, &wanted);

	*out = (lt_blob){ 0 };
	if (!code && !users.target_count)
		code = no_targets(types, name, &wanted, err);
	for (; !code && users.part < types->count; users.part++)
		for (uint32_t id = types->parts[users.part].first; id < btf__type_cnt(btf_of(&users)); id++)
			look_at(&users, id);
	if (!code)
		code = users.failed ? -ENOMEM : write_lines(&users, out);
	free_users(&users);
	return code == -ENOMEM ? lt_fail(err, code, "types: out of memory") : code;
}
