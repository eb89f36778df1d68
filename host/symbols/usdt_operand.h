/* SPDX-License-Identifier: MIT
 *
 * What the readers of operands share: those of x86 and of arm64 are a file each.
 */
#ifndef LT_USDT_OPERAND_H
#define LT_USDT_OPERAND_H
#include "usdt.h"

struct usdt_parser {
	const lt_usdt_place *place;
	const char *at;
	lt_usdt_argument *out;
};

/* A register by its name: where it is in struct pt_regs, and how many bytes of it the name means. */
struct usdt_register {
	uint16_t offset;
	uint8_t width;
};

enum { X86_IP = 128, ARM64_PC = 256 };

extern const char usdt_not_understood[], usdt_float_register[];

/* The whole operand at p->at. False: it is unreadable, and out says why. */
bool usdt_x86_operand(struct usdt_parser *p);
bool usdt_arm64_operand(struct usdt_parser *p);

/* Takes `c`, and blanks around it, if it comes next. */
bool usdt_accept(struct usdt_parser *p, char c);
/* Marks the argument unreadable; false. */
bool usdt_refuse(struct usdt_parser *p, const char *reason);
/* Of the name or number at `at`. */
size_t usdt_word_length(const char *at);
bool usdt_number(struct usdt_parser *p, uint64_t *value);
/* NUMBER and SYMBOL, added and subtracted, into out->offset. What a symbol stands for is only known as a distance from
 * the probe, for the file may be loaded anywhere: `relative` says that there was one. */
bool usdt_sum(struct usdt_parser *p, bool *relative);
/* Adds the probe's own address to what is a distance from it. */
bool usdt_make_absolute(struct usdt_parser *p);
/* A register as the operand. */
void usdt_set_register(struct usdt_parser *p, const struct usdt_register *reg);

#endif
