/* SPDX-License-Identifier: MIT
 *
 * Where an argument lies: the operands of a probe's argument string, as the assembler would read them.
 *   SIZE@OPERAND, SIZE negative for signed numbers, followed by f for floating point
 */
#include "usdt_operand.h"
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OPERAND_LIMIT = 512 };

const char usdt_not_understood[] = "its operand is of no form known here",
	usdt_float_register[] = "it lies in a floating point or vector register";
static const char float_number[] = "it is a floating point number",
	odd_size[] = "it is not of 1, 2, 4 or 8 bytes",
	no_symbol[] = "it lies at a symbol that the file does not name (it may be stripped)";

static void skip_blank(struct usdt_parser *p)
{
	while (*p->at == ' ')
		p->at++;
}

bool usdt_accept(struct usdt_parser *p, char c)
{
	skip_blank(p);
	if (*p->at != c)
		return false;
	p->at++;
	skip_blank(p);
	return true;
}

static bool at_end(struct usdt_parser *p)
{
	skip_blank(p);
	return !*p->at;
}

bool usdt_refuse(struct usdt_parser *p, const char *reason)
{
	p->out->unreadable = reason;
	return false;
}

size_t usdt_word_length(const char *at)
{
	size_t length = 0;

	while (isalnum((unsigned char)at[length]) || at[length] == '_' || at[length] == '.' || at[length] == '$')
		length++;
	return length;
}

static bool is_x86(const struct usdt_parser *p)
{
	return p->place->machine != EM_AARCH64;
}

bool usdt_number(struct usdt_parser *p, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(p->at, &end, 0);
	if (errno || end == p->at || usdt_word_length(end))
		return usdt_refuse(p, usdt_not_understood);
	p->at = end;
	return true;
}

bool usdt_sum(struct usdt_parser *p, bool *relative)
{
	bool more = true;

	*relative = false;
	while (more) {
		bool negative = false;
		uint64_t value;

		skip_blank(p);
		for (; *p->at == '+' || *p->at == '-'; p->at++)
			negative ^= *p->at == '-';
		if (isdigit((unsigned char)*p->at)) {
			if (!usdt_number(p, &value))
				return false;
		} else {
			size_t length = usdt_word_length(p->at);

			if (!length || negative || *relative)
				return usdt_refuse(p, usdt_not_understood);
			if (!p->place->symbol || !p->place->symbol(p->place->arg, p->at, length, &value))
				return usdt_refuse(p, no_symbol);
			value -= p->place->address;
			*relative = true;
			p->at += length;
		}
		p->out->offset = (int64_t)((uint64_t)p->out->offset + (negative ? 0 - value : value));
		more = *p->at == '+' || *p->at == '-';
	}
	return true;
}

bool usdt_make_absolute(struct usdt_parser *p)
{
	uint16_t ip = is_x86(p) ? X86_IP : ARM64_PC;

	if (!p->out->has_base) {
		p->out->has_base = true;
		p->out->base = ip;
	} else if (!p->out->has_index) {
		p->out->has_index = true;
		p->out->index = ip;
	} else {
		return usdt_refuse(p, usdt_not_understood);
	}
	return true;
}

void usdt_set_register(struct usdt_parser *p, const struct usdt_register *reg)
{
	p->out->has_base = true;
	p->out->base = reg->offset;
	if (reg->width < p->out->size)
		p->out->size = reg->width;
}

/* "-4@", "8f@" or nothing, which means a word of the machine. */
static bool parse_size(struct usdt_parser *p)
{
	const char *at = p->at + (*p->at == '-');
	size_t digits = strspn(at, "0123456789"), letters = at[digits] == 'f';

	p->out->size = p->place->machine == EM_386 ? 4 : 8;
	if (!digits || at[digits + letters] != '@')
		return true;
	p->out->is_signed = at != p->at;
	p->at = at + digits + letters + 1;
	if (letters)
		return usdt_refuse(p, float_number);
	if (digits > 1 || !strchr("1248", *at))
		return usdt_refuse(p, odd_size);
	p->out->size = (uint8_t)(*at - '0');
	return true;
}

/* A constant's value, as its size and sign say. */
static void fit_constant(lt_usdt_argument *out)
{
	unsigned shift = 64 - 8u * out->size;
	uint64_t value = (uint64_t)out->offset << shift;

	out->offset = out->is_signed ? (int64_t)value >> shift : (int64_t)(value >> shift);
}

static void parse_argument(const char *text, const lt_usdt_place *place, lt_usdt_argument *out)
{
	struct usdt_parser p = { .place = place, .at = text, .out = out };

	memset(out, 0, sizeof(*out));
	if (!parse_size(&p))
		return;
	if (!(is_x86(&p) ? usdt_x86_operand(&p) : usdt_arm64_operand(&p)))
		return;
	if (!at_end(&p))
		out->unreadable = usdt_not_understood;
	else if (!out->has_base && !out->has_index && !out->memory)
		fit_constant(out);
}

/* The length of an argument: blanks within brackets belong to it. */
static size_t argument_length(const char *text)
{
	size_t length = 0;
	int depth = 0;

	for (; text[length] && (text[length] != ' ' || depth > 0); length++) {
		if (text[length] == '[' || text[length] == '(')
			depth++;
		else if (text[length] == ']' || text[length] == ')')
			depth--;
	}
	return length;
}

uint32_t lt_usdt_parse_arguments(const char *text, const lt_usdt_place *place, lt_usdt_argument *out)
{
	char operand[OPERAND_LIMIT];
	uint32_t count = 0;

	while (*(text += strspn(text, " "))) {
		size_t length = argument_length(text);

		if (count < LT_USDT_ARGUMENTS) {
			size_t kept = length < sizeof(operand) ? length : 0;

			memcpy(operand, text, kept);
			operand[kept] = '\0';
			parse_argument(operand, place, &out[count]);
		}
		count++;
		text += length;
	}
	return count;
}
