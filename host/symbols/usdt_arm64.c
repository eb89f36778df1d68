/* SPDX-License-Identifier: MIT
 *
 * Operands of arm64:
 *   5  w0  x1  [sp, 16]  [x1, x2, lsl 3]
 */
#include "usdt_operand.h"
#include <ctype.h>
#include <string.h>

static bool arm64_register(const char *name, size_t length, struct usdt_register *out)
{
	unsigned number = 0;

	if (length == 2 && !memcmp(name, "sp", 2)) {
		*out = (struct usdt_register){ 248, 8 };
		return true;
	}
	if (length < 2 || length > 3 || (*name != 'x' && *name != 'w'))
		return false;
	for (size_t i = 1; i < length; i++) {
		if (!isdigit((unsigned char)name[i]))
			return false;
		number = 10 * number + (unsigned)(name[i] - '0');
	}
	*out = (struct usdt_register){ (uint16_t)(8 * number), *name == 'x' ? 8 : 4 };
	return number <= 30;
}

static bool arm64_name(struct usdt_parser *p, struct usdt_register *out)
{
	size_t length = usdt_word_length(p->at);

	if (!arm64_register(p->at, length, out))
		return usdt_refuse(p, length > 1 && strchr("bhsdqv", *p->at) && isdigit((unsigned char)p->at[1]) ?
				 usdt_float_register : usdt_not_understood);
	p->at += length;
	return true;
}

static bool arm64_shift(struct usdt_parser *p)
{
	uint64_t shift;

	if (!usdt_accept(p, ','))
		return true;
	if (strncmp(p->at, "lsl", 3))
		return usdt_refuse(p, usdt_not_understood);
	p->at += 3;
	usdt_accept(p, '#');
	if (!usdt_number(p, &shift))
		return false;
	if (shift > 4)
		return usdt_refuse(p, usdt_not_understood);
	p->out->scale = (uint8_t)shift;
	return true;
}

/* [BASE], [BASE, NUMBER], [BASE, INDEX], [BASE, INDEX, lsl NUMBER] after the bracket */
static bool arm64_address(struct usdt_parser *p)
{
	lt_usdt_argument *out = p->out;
	bool relative;
	struct usdt_register reg;

	out->memory = true;
	if (!arm64_name(p, &reg))
		return false;
	out->has_base = true;
	out->base = reg.offset;
	if (usdt_accept(p, ',')) {
		if (*p->at == 'x') {
			if (!arm64_name(p, &reg))
				return false;
			out->has_index = true;
			out->index = reg.offset;
			if (!arm64_shift(p))
				return false;
		} else {
			usdt_accept(p, '#');
			if (!isdigit((unsigned char)*p->at) && *p->at != '-' && *p->at != '+')
				return usdt_refuse(p, usdt_not_understood);
			if (!usdt_sum(p, &relative))
				return false;
		}
	}
	return usdt_accept(p, ']') ? true : usdt_refuse(p, usdt_not_understood);
}

bool usdt_arm64_operand(struct usdt_parser *p)
{
	size_t length;
	struct usdt_register reg;
	bool relative;

	if (usdt_accept(p, '['))
		return arm64_address(p);
	if (usdt_accept(p, '#') || isdigit((unsigned char)*p->at) || *p->at == '-')
		return usdt_sum(p, &relative) && (!relative || usdt_make_absolute(p));
	length = usdt_word_length(p->at);
	if (length == 3 && (!strncmp(p->at, "xzr", 3) || !strncmp(p->at, "wzr", 3))) {
		p->at += 3;
		return true;
	}
	if (!arm64_name(p, &reg))
		return false;
	usdt_set_register(p, &reg);
	return true;
}
