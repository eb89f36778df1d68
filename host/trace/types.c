/* SPDX-License-Identifier: MIT */
#include "types.h"
#include "../kernel/module_btf.h"
#include "near.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int lt_types_add(struct lt_types *types, struct btf *btf, uint32_t first, const char *module)
{
	struct lt_types_part *parts = realloc(types->parts, (types->count + 1) * sizeof(*parts));
	char *copy = module ? strdup(module) : NULL;

	if (parts)
		types->parts = parts;
	if (!parts || (module && !copy)) {
		free(copy);
		btf__free(btf);
		return -ENOMEM;
	}
	parts[types->count++] = (struct lt_types_part){ btf, first, copy };
	return 0;
}

static int load_modules(struct lt_types *types)
{
	static const lt_compile_opts running;
	struct btf *kernel = types->parts[0].btf;
	int fd = lt_module_btf_list(&running), code = 0;
	FILE *names = fd < 0 ? NULL : fdopen(fd, "r");
	char line[256];

	if (!names) {
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	rewind(names);
	while (!code && fgets(line, sizeof(line), names)) {
		struct btf *btf;

		line[strcspn(line, "\n")] = '\0';
		btf = btf__load_module_btf(line, kernel);
		/* it may have been unloaded meanwhile */
		code = btf ? lt_types_add(types, btf, btf__type_cnt(kernel), line) : 0;
	}
	fclose(names);
	return code;
}

int lt_types_load(struct lt_types *types, const char *asker, lt_error *err)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	int code;

	if (!kernel)
		return lt_fail(err, -errno, "%s: this kernel has no BTF (CONFIG_DEBUG_INFO_BTF is off)", asker);
	code = lt_types_add(types, kernel, 1, NULL);
	if (!code)
		code = load_modules(types);
	return code ? lt_fail(err, code, "%s: the kernel's BTF cannot be read: %s", asker, strerror(-code)) : 0;
}

void lt_types_unload(struct lt_types *types)
{
	while (types->count) {	/* a module's types stand on the kernel's, which are the first */
		struct lt_types_part *part = &types->parts[--types->count];

		btf__free(part->btf);
		free(part->module);
	}
	free(types->parts);
	free(types->names);
	*types = (struct lt_types){ 0 };
}

int lt_types_open(lt_types **out, lt_error *err)
{
	lt_types *types = calloc(1, sizeof(*types));
	int code = types ? lt_types_load(types, "types", err) : lt_fail(err, -ENOMEM, "types: out of memory");

	*out = code ? NULL : types;
	if (code)
		lt_types_free(types);
	return code;
}

void lt_types_free(lt_types *types)
{
	if (!types)
		return;
	lt_types_unload(types);
	free(types);
}

/* ---- by name ----------------------------------------------------------------------------------------------------- */

struct lt_type_wanted lt_type_wanted(const char *text)
{
	static const struct { const char *word; int kind; } words[] = {
		{ "struct ", BTF_KIND_STRUCT }, { "union ", BTF_KIND_UNION }, { "enum ", BTF_KIND_ENUM },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t length = strlen(words[i].word);

		if (!strncmp(text, words[i].word, length))
			return (struct lt_type_wanted){ text + length + strspn(text + length, " "), words[i].kind };
	}
	return (struct lt_type_wanted){ text, 0 };
}

bool lt_type_is_named(const struct btf_type *type)
{
	return type->name_off && (btf_is_composite(type) || btf_is_any_enum(type) || btf_is_typedef(type));
}

static bool is_wanted(const struct btf_type *type, int kind)
{
	if (!kind)
		return lt_type_is_named(type) || (type->name_off && (btf_is_func(type) || btf_is_var(type) ||
								     btf_is_int(type) || btf_is_float(type)));
	return btf_kind(type) == kind || (kind == BTF_KIND_ENUM && btf_is_enum64(type));
}

bool lt_types_next(const struct lt_types *types, const struct lt_type_wanted *wanted, struct lt_type_ref *at)
{
	for (; at->part < types->count; *at = (struct lt_type_ref){ at->part + 1, 0 }) {
		const struct lt_types_part *part = &types->parts[at->part];

		for (at->id = at->id ? at->id + 1 : part->first; at->id < btf__type_cnt(part->btf); at->id++) {
			const struct btf_type *type = btf__type_by_id(part->btf, at->id);

			if (is_wanted(type, wanted->kind) &&
			    !strcmp(btf__name_by_offset(part->btf, type->name_off), wanted->name))
				return true;
		}
	}
	return false;
}

bool lt_types_define(const struct lt_types *types, struct lt_type_ref *ref)
{
	const struct btf *btf = types->parts[ref->part].btf;
	const struct btf_type *type = btf__type_by_id(btf, ref->id);
	struct lt_type_wanted wanted;
	struct lt_type_ref at = { 0 };

	if (!btf_is_fwd(type))
		return true;
	wanted = (struct lt_type_wanted){ btf__name_by_offset(btf, type->name_off),
					  btf_kflag(type) ? BTF_KIND_UNION : BTF_KIND_STRUCT };
	if (!lt_types_next(types, &wanted, &at))
		return false;
	*ref = at;
	return true;
}

int lt_types_unknown(const struct lt_types *types, const char *text, lt_error *err)
{
	const struct lt_type_wanted wanted = lt_type_wanted(text);
	char names[LT_NEAR_SIZE];
	lt_similar similar;

	lt_similar_start(&similar, wanted.name);
	for (uint32_t i = 0; i < types->count; i++) {
		const struct btf *btf = types->parts[i].btf;

		for (uint32_t id = types->parts[i].first; id < btf__type_cnt(btf); id++) {
			const struct btf_type *type = btf__type_by_id(btf, id);
			const char *name = btf__name_by_offset(btf, type->name_off);

			if (is_wanted(type, wanted.kind))
				lt_similar_offer(&similar, name, strlen(name));
		}
	}
	lt_near_write(&similar, names, sizeof(names));
	return lt_fail(err, -ENOENT, "type '%s': neither the kernel nor a loaded module has a type or function of that "
		       "name%s", text, *names ? names : "; those of a module are there once it is loaded");
}
