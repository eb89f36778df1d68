/* SPDX-License-Identifier: MIT
 *
 * Operands of x86, as the GNU assembler writes them:
 *   $5  %eax  -24(%rbp)  name+8(%rip)  16(%rax,%rcx,4)
 */
#include "usdt_operand.h"
#include <string.h>

static const char segment[] = "it lies relative to a segment register";

static bool x86_register(const char *name, size_t length, struct usdt_register *out)
{
	static const struct { char names[5][6]; uint16_t offset; } table[] = {
		{ { "rax", "eax", "ax", "al", "ah" }, 80 },	{ { "rbx", "ebx", "bx", "bl", "bh" }, 40 },
		{ { "rcx", "ecx", "cx", "cl", "ch" }, 88 },	{ { "rdx", "edx", "dx", "dl", "dh" }, 96 },
		{ { "rsi", "esi", "si", "sil", "" }, 104 },	{ { "rdi", "edi", "di", "dil", "" }, 112 },
		{ { "rbp", "ebp", "bp", "bpl", "" }, 32 },	{ { "rsp", "esp", "sp", "spl", "" }, 152 },
		{ { "r8", "r8d", "r8w", "r8b", "" }, 72 },	{ { "r9", "r9d", "r9w", "r9b", "" }, 64 },
		{ { "r10", "r10d", "r10w", "r10b", "" }, 56 },	{ { "r11", "r11d", "r11w", "r11b", "" }, 48 },
		{ { "r12", "r12d", "r12w", "r12b", "" }, 24 },	{ { "r13", "r13d", "r13w", "r13b", "" }, 16 },
		{ { "r14", "r14d", "r14w", "r14b", "" }, 8 },	{ { "r15", "r15d", "r15w", "r15b", "" }, 0 },
		{ { "rip", "eip", "", "", "" }, X86_IP },
	};
	static const uint8_t widths[] = { 8, 4, 2, 1, 1 };

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		for (size_t j = 0; j < 5; j++)
			if (length && strlen(table[i].names[j]) == length && !memcmp(table[i].names[j], name, length)) {
				/* %ah is the second byte of %rax. */
				out->offset = (uint16_t)(table[i].offset + (j == 4));
				out->width = widths[j];
				return true;
			}
	return false;
}

static bool x86_name(struct usdt_parser *p, struct usdt_register *out)
{
	size_t length = usdt_word_length(p->at);
	static const char *const vectors[] = { "xmm", "ymm", "zmm", "mm", "st", "k" };

	if (x86_register(p->at, length, out)) {
		p->at += length;
		return true;
	}
	if (length == 2 && strchr("cdefgs", p->at[0]) && p->at[1] == 's')
		return usdt_refuse(p, segment);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
		if (!strncmp(p->at, vectors[i], strlen(vectors[i])))
			return usdt_refuse(p, usdt_float_register);
	return usdt_refuse(p, usdt_not_understood);
}

static bool set_scale(struct usdt_parser *p, uint64_t factor)
{
	for (uint8_t i = 0; i < 4; i++)
		if (factor == 1u << i) {
			p->out->scale = i;
			return true;
		}
	return usdt_refuse(p, usdt_not_understood);
}

/* BASE, INDEX, SCALE) after the parenthesis */
static bool x86_address(struct usdt_parser *p, bool relative)
{
	lt_usdt_argument *out = p->out;
	uint64_t factor = 1;
	struct usdt_register reg;

	if (usdt_accept(p, '%')) {
		if (!x86_name(p, &reg))
			return false;
		/* With a bare number it would be a distance from the next instruction, wherever that is. */
		if (reg.offset == X86_IP)
			return relative && usdt_accept(p, ')') ? true : usdt_refuse(p, usdt_not_understood);
		out->has_base = true;
		out->base = reg.offset;
	}
	if (usdt_accept(p, ',')) {
		if (!usdt_accept(p, '%'))
			return usdt_refuse(p, usdt_not_understood);
		if (!x86_name(p, &reg))
			return false;
		if (reg.offset == X86_IP)
			return usdt_refuse(p, usdt_not_understood);
		out->has_index = true;
		out->index = reg.offset;
		if (usdt_accept(p, ',') && !usdt_number(p, &factor))
			return false;
	}
	if (!usdt_accept(p, ')'))
		return usdt_refuse(p, usdt_not_understood);
	return set_scale(p, factor);
}

bool usdt_x86_operand(struct usdt_parser *p)
{
	bool relative = false;
	struct usdt_register reg;

	if (usdt_accept(p, '$'))
		return usdt_sum(p, &relative) && (!relative || usdt_make_absolute(p));
	if (usdt_accept(p, '%')) {
		if (!x86_name(p, &reg))
			return false;
		usdt_set_register(p, &reg);
		return true;
	}
	p->out->memory = true;
	if (*p->at != '(' && !usdt_sum(p, &relative))
		return false;
	if (usdt_accept(p, '(') && !x86_address(p, relative))
		return false;
	return !relative || usdt_make_absolute(p);
}
