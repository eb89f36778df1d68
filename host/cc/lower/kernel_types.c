/* SPDX-License-Identifier: MIT */
#include "kernel_types.h"
#include <stdio.h>
#include <string.h>

/* Ends cycles in BTF that is not well-formed. */
enum { MAX_NESTING = 64 };

uint32_t kernel_type(const struct lowering *lowering, uint32_t kind, const char *name)
{
	const struct kernel_btf *btf = lowering->btf;

	for (uint32_t id = 1; btf && *name && id < btf->count; id++) {
		const struct btf_type *type = btf_at(btf, id);

		if (btf_kind_of(type) == kind && !strcmp(btf_string(btf, type->name_off), name))
			return id;
	}
	return 0;
}

/* Memory of another address space: the verifier refuses loads through a pointer to it. */
static bool is_elsewhere(const struct kernel_btf *btf, uint32_t id)
{
	const struct btf_type *type = btf_at(btf, id);
	const char *tag = btf_string(btf, type->name_off);

	return id && btf_kind_of(type) == BTF_KIND_TYPE_TAG && (!strcmp(tag, "user") || !strcmp(tag, "percpu"));
}

uint32_t kernel_pointee(const struct kernel_btf *btf, uint32_t id)
{
	uint32_t pointed;

	id = btf_resolve(btf, id);
	if (!id || btf_kind_of(btf_at(btf, id)) != BTF_KIND_PTR)
		return 0;
	pointed = btf_at(btf, id)->type;
	if (is_elsewhere(btf, pointed))
		return 0;
	pointed = btf_resolve(btf, pointed);
	return pointed && btf_is_struct_or_union(btf_at(btf, pointed)) ? pointed : 0;
}

/* Of arrays of arrays too. */
static uint32_t element_of(const struct kernel_btf *btf, uint32_t id)
{
	for (int i = 0; i < MAX_NESTING; i++) {
		id = btf_resolve(btf, id);
		if (!id || btf_kind_of(btf_at(btf, id)) != BTF_KIND_ARRAY)
			break;
		id = ((const struct btf_array *)(btf_at(btf, id) + 1))->type;
	}
	return id;
}

/* `offset` beyond a struct that ends with an array without a size becomes one within an element. */
static uint32_t enter_open_array(const struct kernel_btf *btf, const struct btf_type *type, int64_t *offset)
{
	uint32_t count = BTF_INFO_VLEN(type->info), id, size, at;
	const struct btf_member *last = (const struct btf_member *)(type + 1) + (count ? count - 1 : 0);

	id = count ? btf_resolve(btf, last->type) : 0;
	if (!id || btf_kind_of(btf_at(btf, id)) != BTF_KIND_ARRAY ||
	    ((const struct btf_array *)(btf_at(btf, id) + 1))->nelems)
		return 0;
	at = btf_field(type, last).offset / 8;
	id = btf_resolve(btf, ((const struct btf_array *)(btf_at(btf, id) + 1))->type);
	size = id ? btf_size(btf, id) : 0;
	if (!size || *offset < at)
		return 0;
	*offset = (*offset - at) % size;
	return id;
}

/* Within an element of a member at `*offset`, which becomes the offset there; `room` is what is left of the member.
 * False if it is not this member. */
static bool enter_member(const struct kernel_btf *btf, uint32_t start, uint32_t id, int64_t *offset, uint32_t *element,
			 uint64_t *room)
{
	uint64_t whole = btf_size(btf, id), size;

	if (*offset < start || (uint64_t)*offset >= start + whole)
		return false;
	*element = element_of(btf, id);
	size = *element ? btf_size(btf, *element) : 0;
	if (!size)
		return false;
	*room = start + whole - *offset;
	*offset = (*offset - start) % size;
	return true;
}

/* The first member that lies there decides, in a union too. */
struct kernel_step kernel_step(const struct kernel_btf *btf, uint32_t id, int64_t offset, uint32_t size)
{
	const struct kernel_step refused = { false, 0 }, number = { true, 0 };

	for (int depth = 0; depth < MAX_NESTING; depth++) {
		const struct btf_type *type = btf_at(btf, id);
		const struct btf_member *members = (const void *)(type + 1);
		uint32_t inner = 0, element = 0;
		uint64_t room = 0;

		if (!id || !btf_is_struct_or_union(type) || offset < 0)
			return refused;
		if (offset + size > type->size) {
			id = enter_open_array(btf, type, &offset);
			if (id && btf_kind_of(btf_at(btf, id)) == BTF_KIND_INT)
				return number;
			continue;
		}
		for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info) && !inner; i++) {
			struct btf_field field = btf_field(type, &members[i]);

			if (field.bits) {
				if (offset <= field.offset / 8 && (field.offset + field.bits + 7) / 8 <= offset + size)
					return number;
				continue;
			}
			if (offset < field.offset / 8)
				return refused;
			if (enter_member(btf, field.offset / 8, members[i].type, &offset, &element, &room))
				inner = element;
		}
		if (!inner)
			return refused;
		type = btf_at(btf, inner);
		if (btf_is_struct_or_union(type)) {
			id = inner;
			continue;
		}
		if (btf_kind_of(type) == BTF_KIND_PTR && kernel_pointee(btf, inner))
			return (struct kernel_step){ !offset && size == 8, kernel_pointee(btf, inner) };
		/* of an array more than one, as of skb->cb */
		return size <= room ? number : refused;
	}
	return refused;
}

/* What follows `prefix` in it, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) ? NULL : text + length;
}

static void is_told_by(struct kernel_context *context, uint32_t kind, const char *prefix, const char *name)
{
	context->kind = kind;
	snprintf(context->name, sizeof(context->name), "%s%s", prefix, name);
}

static void name_by_section(const char *section, struct kernel_context *context)
{
	const char *target = strchr(section, '/'), *name = target ? strchr(target, ':') : NULL;

	if (!target)
		return;
	name = name ? name + 1 : target + 1;	/* "fentry/MODULE:FUNCTION" */
	if (after(section, "iter")) {
		is_told_by(context, BTF_KIND_STRUCT, "bpf_iter__", name);
	} else if (after(section, "tp_btf")) {
		is_told_by(context, BTF_KIND_TYPEDEF, "btf_trace_", name);
		context->first = 1;	/* of the kernel's own */
	} else {
		is_told_by(context, BTF_KIND_FUNC, after(section, "lsm") ? "bpf_lsm_" : "", name);
	}
}

/* A section is the lowering's own (see wrap()) or the text's; then the name says nothing. */
void kernel_context_name(const struct lowering *lowering, LLVMValueRef program, struct kernel_context *context)
{
	const char *name = LLVMGetValueName(program), *section = LLVMGetSection(program), *target;

	*context = (struct kernel_context){ 0 };
	for (const struct program_kind *kind = lowering->kinds; kind->function; kind++)
		if (!strcmp(kind->function, name))
			return;
	if (section && *section && !after(section, "lt/"))
		name_by_section(section, context);
	else if ((target = after(name, "bpf_iter__")))
		is_told_by(context, BTF_KIND_STRUCT, "bpf_iter__", target);
	else if ((target = after(name, "lsm__")))
		is_told_by(context, BTF_KIND_FUNC, "bpf_lsm_", target);
	else if ((target = after(name, "kmod_ret__")))
		is_told_by(context, BTF_KIND_FUNC, "", target);
	else if ((target = after(name, "kfunc__")) || (target = after(name, "kretfunc__")))
		/* behind the module */
		is_told_by(context, BTF_KIND_FUNC, "", strstr(target, "__") ? strstr(target, "__") + 2 : target);
}

/* A tracepoint's type is a pointer to a function, a function's is its prototype. */
static uint32_t describing(const struct kernel_btf *btf, uint32_t id)
{
	if (btf_kind_of(btf_at(btf, id)) == BTF_KIND_FUNC)
		return btf_at(btf, id)->type;
	id = btf_resolve(btf, id);
	if (id && btf_kind_of(btf_at(btf, id)) == BTF_KIND_PTR)
		id = btf_resolve(btf, btf_at(btf, id)->type);
	return id;
}

void kernel_contexts_find(const struct lowering *lowering, struct kernel_context *contexts, uint32_t count)
{
	const struct kernel_btf *btf = lowering->btf;
	uint32_t kinds = 0;

	for (uint32_t i = 0; i < count; i++)
		kinds |= 1u << contexts[i].kind;
	kinds &= ~1u;
	for (uint32_t id = 1; btf && kinds && id < btf->count; id++) {
		const struct btf_type *type = btf_at(btf, id);

		if (!(kinds >> btf_kind_of(type) & 1))
			continue;
		for (uint32_t i = 0; i < count; i++)
			if (contexts[i].kind == btf_kind_of(type) && !contexts[i].id &&
			    !strcmp(contexts[i].name, btf_string(btf, type->name_off)))
				contexts[i].id = describing(btf, id);
	}
}

static enum kernel_argument of_type(const struct kernel_btf *btf, uint32_t type, uint32_t *id)
{
	*id = kernel_pointee(btf, type);
	return *id ? ARGUMENT_OBJECT : ARGUMENT_NUMBER;
}

/* Each member is a word; a pointer stands in a union of its own. */
static enum kernel_argument iterator_argument(const struct kernel_btf *btf, const struct btf_type *context,
					      int64_t offset, uint32_t *id)
{
	const struct btf_member *members = (const void *)(context + 1);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(context->info); i++) {
		uint32_t type = btf_resolve(btf, members[i].type);

		if (btf_field(context, &members[i]).offset != 8 * offset)
			continue;
		if (type && btf_kind_of(btf_at(btf, type)) == BTF_KIND_UNION && BTF_INFO_VLEN(btf_at(btf, type)->info))
			type = btf_resolve(btf, ((const struct btf_member *)(btf_at(btf, type) + 1))->type);
		if (!type || btf_kind_of(btf_at(btf, type)) != BTF_KIND_PTR)
			return ARGUMENT_NUMBER;
		return of_type(btf, type, id) == ARGUMENT_OBJECT ? ARGUMENT_OBJECT : ARGUMENT_MEMORY;
	}
	return ARGUMENT_NUMBER;
}

enum kernel_argument kernel_argument(const struct kernel_btf *btf, const struct kernel_context *context,
				     int64_t offset, uint32_t *id)
{
	const struct btf_type *type;
	const struct btf_param *parameters;
	int64_t at = 0;

	if (!context->id)
		return ARGUMENT_UNKNOWN;
	type = btf_at(btf, context->id);
	parameters = (const void *)(type + 1);
	if (btf_kind_of(type) != BTF_KIND_FUNC_PROTO && btf_kind_of(type) != BTF_KIND_STRUCT)
		return ARGUMENT_UNKNOWN;
	if (btf_kind_of(type) == BTF_KIND_STRUCT)
		return iterator_argument(btf, type, offset, id);
	for (uint32_t i = context->first; i < BTF_INFO_VLEN(type->info); i++) {
		uint32_t parameter = parameters[i].type < btf->count ? parameters[i].type : 0;

		if (at == offset)
			return of_type(btf, parameter, id);
		at += btf_size(btf, parameter) > 8 ? 16 : 8;	/* a struct may have two registers */
	}
	return at == offset ? of_type(btf, type->type, id) : ARGUMENT_NUMBER;
}

enum kernel_argument kernel_result(const struct lowering *lowering, const char *function, uint32_t *id)
{
	uint32_t type = kernel_type(lowering, BTF_KIND_FUNC, function), result;

	type = type ? btf_at(lowering->btf, type)->type : 0;
	if (!type || btf_kind_of(btf_at(lowering->btf, type)) != BTF_KIND_FUNC_PROTO)
		return ARGUMENT_UNKNOWN;
	result = btf_resolve(lowering->btf, btf_at(lowering->btf, type)->type);
	if (!result || btf_kind_of(btf_at(lowering->btf, result)) != BTF_KIND_PTR)
		return ARGUMENT_NUMBER;
	return of_type(lowering->btf, result, id) == ARGUMENT_OBJECT ? ARGUMENT_OBJECT : ARGUMENT_MEMORY;
}
