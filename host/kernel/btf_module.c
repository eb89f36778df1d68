/* SPDX-License-Identifier: MIT
 *
 * Types of modules. Each module's BTF goes on where the kernel's own ends, so two of them use the same ids and
 * offsets; here one comes after the other.
 */
#include "btf.h"
#include <stdlib.h>
#include <string.h>

/* How far ids and names of a module move up. */
struct shift {
	uint32_t base_count, base_strings;
	uint32_t types, strings;
	bool wraps;
};

static void shift_id(struct shift *shift, uint32_t *id)
{
	if (*id < shift->base_count)
		return;
	shift->wraps = shift->wraps || *id + shift->types < *id;
	*id += shift->types;
}

static void shift_name(struct shift *shift, uint32_t *name)
{
	if (*name < shift->base_strings)
		return;
	shift->wraps = shift->wraps || *name + shift->strings < *name;
	*name += shift->strings;
}

static void shift_type(struct shift *shift, struct btf_type *type)
{
	uint32_t kind = btf_kind_of(type), count = BTF_INFO_VLEN(type->info);
	struct btf_array *array = (void *)(type + 1);
	struct btf_member *members = (void *)(type + 1);
	struct btf_param *parameters = (void *)(type + 1);
	struct btf_var_secinfo *variables = (void *)(type + 1);

	shift_name(shift, &type->name_off);
	if (btf_refers_to_type(kind))
		shift_id(shift, &type->type);
	if (kind == BTF_KIND_ARRAY) {
		shift_id(shift, &array->type);
		shift_id(shift, &array->index_type);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) {
			shift_name(shift, &members[i].name_off);
			shift_id(shift, &members[i].type);
		} else if (kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64) {
			shift_name(shift, (void *)((char *)(type + 1) + (size_t)i * btf_enumerator_size(type)));
		} else if (kind == BTF_KIND_FUNC_PROTO) {
			shift_name(shift, &parameters[i].name_off);
			shift_id(shift, &parameters[i].type);
		} else if (kind == BTF_KIND_DATASEC) {
			shift_id(shift, &variables[i].type);
		}
	}
}

/* One new piece of memory holds all: what was there, the module's types, both strings. */
static uint8_t *join(const struct kernel_btf *btf, const struct btf_sections *module, size_t types_at,
		     size_t strings_at, struct shift *shift)
{
	uint8_t *memory = malloc(strings_at + btf->strings_size + module->strings_size);
	size_t length;

	if (!memory)
		return NULL;
	memcpy(memory, btf->data, btf->size);
	memcpy(memory + types_at, module->types, module->types_size);
	memcpy(memory + strings_at, btf->strings, btf->strings_size);
	memcpy(memory + strings_at + btf->strings_size, module->strings, module->strings_size);
	for (size_t at = 0; at < module->types_size; at += length) {
		struct btf_type *type = (void *)(memory + types_at + at);

		length = btf_type_size(type, module->types_size - at);
		if (!length)
			break;	/* the index will say so */
		shift_type(shift, type);
	}
	return memory;
}

const char *btf_add_module(struct kernel_btf *btf, const void *data, size_t size)
{
	struct shift shift = {
		.base_count = btf->base_count, .base_strings = btf->base_strings_size,
		.types = btf->count - btf->base_count, .strings = btf->strings_size - btf->base_strings_size,
	};
	size_t types_at = (btf->size + 3) / 4 * 4, strings_at;
	struct kernel_btf larger = *btf;
	struct btf_sections module;
	const char *wrong = btf_sections(&module, data, size);

	if (wrong)
		return wrong;
	strings_at = types_at + module.types_size;
	larger.size = strings_at + btf->strings_size + module.strings_size;
	if (larger.size > UINT32_MAX)
		return "it is too large";
	larger.owned = join(btf, &module, types_at, strings_at, &shift);
	if (!larger.owned)
		return "there is not enough memory for it";
	larger.data = larger.owned;
	larger.strings = (const char *)larger.data + strings_at;
	larger.strings_size = btf->strings_size + module.strings_size;
	wrong = btf_index_types(&larger, types_at, module.types_size);
	btf->offsets = larger.offsets;	/* they may have moved */
	if (!wrong && shift.wraps)
		wrong = "a type in it refers to one that is not there";
	larger.alignments = wrong ? NULL : calloc(larger.count, 1);
	if (!larger.alignments) {
		free(larger.owned);
		return wrong ? wrong : "there is not enough memory for it";
	}
	free(btf->alignments);
	free(btf->owned);
	*btf = larger;
	return NULL;
}
