/* SPDX-License-Identifier: MIT */
#include "patch.h"
#include <stdio.h>

static unsigned class_of(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code);
}

static bool is_access(const struct bpf_insn *insn)
{
	return class_of(insn) == BPF_LDX || class_of(insn) == BPF_ST || class_of(insn) == BPF_STX;
}

/* 32-bit numbers and the like: what one instruction reads, and a change of its size keeps. */
static bool is_plain(enum shape shape)
{
	return shape == SHAPE_NUMBER || shape == SHAPE_POINTER;
}

static bool is_word(uint64_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* A number that has become wider is read by its low half; what code reads of a narrower one would be its neighbour. */
static bool check_size(const struct spec *spec, const struct place *place, struct patch *patch, char *why, size_t size)
{
	char text[256];

	if (!is_plain(spec->shape) || spec->bit_size || place->bit_size || spec->size == place->size)
		return true;
	spec_describe(spec, text, sizeof(text));
	snprintf(why, size, "%s has %u bytes in this kernel, and %u where this was compiled", text, (unsigned)place->size,
		 (unsigned)spec->size);
	if (!is_access(patch->code))
		return place->size > spec->size;
	if (spec->is_signed || place->is_signed || !is_word(place->size))
		return false;
	patch->load_size = place->size;
	return true;
}

/* The bytes that have all of a bit-field, a word that is aligned. */
static bool bytes_of(const struct place *place, uint64_t *begin, uint64_t *size)
{
	for (*size = place->size; *size && *size <= 8; *size *= 2) {
		*begin = place->bits / 8 / *size * *size;
		if (place->bits + place->bit_size <= (*begin + *size) * 8)
			return true;
	}
	return false;
}

static bool patch_bit_field(uint32_t kind, const struct place *place, struct patch *patch)
{
	uint64_t begin = place->bits / 8, size = place->size, bits = place->bit_size ? place->bit_size : place->size * 8;

	if (place->bit_size && !bytes_of(place, &begin, &size))
		return false;
	patch->value = kind == RELO_FIELD_OFFSET ? begin : kind == RELO_FIELD_SIZE ? size :
		       kind == RELO_FIELD_LSHIFT ? 64 - (place->bits + bits - begin * 8) : 64 - bits;
	return true;
}

static bool move(const struct spec *spec, const struct place *place, struct patch *patch, char *why, size_t size)
{
	patch->moves = true;
	patch->value = (int64_t)(place->bits - spec->bits) / 8;
	return check_size(spec, place, patch, why, size);
}

bool patch_field(uint32_t kind, const struct spec *spec, const struct place *place, struct patch *patch, char *why,
		 size_t size)
{
	char text[256];

	if (kind == RELO_FIELD_SIGNED) {
		patch->value = place->is_signed;
		return true;
	}
	if (kind > RELO_FIELD_RSHIFT) {
		snprintf(why, size, "a relocation of kind %u, which this luatrace does not know", kind);
		return false;
	}
	if (kind == RELO_FIELD_OFFSET && !spec->bit_size && !place->bit_size)
		return move(spec, place, patch, why, size);
	spec_describe(spec, text, sizeof(text));
	snprintf(why, size, "%s is a bit-field in this kernel, or no longer one", text);
	/* code that reads one asks for shifts; other code would read its neighbours */
	return (spec->bit_size || !place->bit_size || kind == RELO_FIELD_SIZE) && patch_bit_field(kind, place, patch);
}

static unsigned size_code(uint64_t size)
{
	return size == 1 ? BPF_B : size == 2 ? BPF_H : size == 4 ? BPF_W : BPF_DW;
}

static bool fits(int64_t value, int64_t least, int64_t most, char *why, size_t size)
{
	if (value >= least && value <= most)
		return true;
	snprintf(why, size, "an offset of %lld bytes has no room in its instruction", (long long)value);
	return false;
}

bool patch_apply(const struct patch *patch, char *why, size_t size)
{
	struct bpf_insn *insn = patch->code;
	int64_t value = patch->value;

	if (is_access(insn)) {
		value += patch->moves ? insn->off : 0;
		if (!fits(value, INT16_MIN, INT16_MAX, why, size))
			return false;
		insn->off = (int16_t)value;
		if (patch->load_size)
			insn->code = (insn->code & ~0x18) | size_code(patch->load_size);
		return true;
	}
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && patch->room > 1) {
		if (patch->moves)
			value += (int64_t)((uint64_t)(uint32_t)insn[1].imm << 32 | (uint32_t)insn->imm);
		insn->imm = (int32_t)value;
		insn[1].imm = (int32_t)(value >> 32);
		return true;
	}
	if ((class_of(insn) == BPF_ALU || class_of(insn) == BPF_ALU64) && BPF_SRC(insn->code) == BPF_K) {
		value += patch->moves ? insn->imm : 0;
		if (!fits(value, INT32_MIN, INT32_MAX, why, size))
			return false;
		insn->imm = (int32_t)value;
		return true;
	}
	snprintf(why, size, "a relocation of an instruction that has no number (0x%02x)", insn->code);
	return false;
}

void patch_stop(const struct patch *patch, uint32_t number)
{
	bool is_wide = patch->code->code == (BPF_LD | BPF_IMM | BPF_DW);

	for (unsigned i = 0; i < (is_wide && patch->room > 1 ? 2 : 1); i++)
		patch->code[i] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = PATCH_STOP + (int32_t)number };
}
