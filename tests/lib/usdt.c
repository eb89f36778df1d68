/* SPDX-License-Identifier: MIT */
/*
 * USDT probes whose arguments lie in every way that an operand can say, with values that a test knows.
 *   usdt COUNT
 * Prints its pid, waits for a line on stdin, passes each probe COUNT times, prints `done COUNT GUARDED`: how often the
 * probe that only runs while somebody listens did. Of every probe, time number i has the eight arguments of set().
 *
 * Built as it is; and in halves, -DUSDT_PROBES as a library and -DUSDT_MAIN.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

long usdt_pass(long count);

#ifndef USDT_MAIN

struct values {
	int8_t s8;
	uint8_t u8;
	int16_t s16;
	uint16_t u16;
	int32_t s32;		/* at 8 */
	uint32_t u32;
	int64_t s64;		/* at 16 */
	uint64_t u64;
};

static void set(struct values *v, long i)
{
	v->s8 = (int8_t)(-1 - i % 100);
	v->u8 = (uint8_t)(255 - i % 100);
	v->s16 = (int16_t)(-30000 - i % 1000);
	v->u16 = (uint16_t)(65535 - i % 1000);
	v->s32 = (int32_t)(-2000000000 - i);
	v->u32 = (uint32_t)(4000000000 + i);
	v->s64 = -1099511627776 - i;
	v->u64 = 0xfedcba9876543210 + (uint64_t)i;
}

/* A note as <sys/sdt.h> makes it, of our own, so that a test chooses the operands. */
#define PROBE_OF(PROVIDER, NAME, SEMAPHORE, ARGUMENTS)                                                             \
	"990: nop\n"                                                                                               \
	".pushsection .note.stapsdt,\"\",\"note\"\n"                                                               \
	".balign 4\n"                                                                                              \
	".4byte 992f-991f, 994f-993f, 3\n"                                                                         \
	"991: .asciz \"stapsdt\"\n"                                                                                \
	"992: .balign 4\n"                                                                                         \
	"993: .8byte 990b, _.stapsdt.base, " SEMAPHORE "\n"                                                        \
	".asciz \"" PROVIDER "\"\n"                                                                                \
	".asciz \"" NAME "\"\n"                                                                                    \
	".asciz \"" ARGUMENTS "\"\n"                                                                               \
	"994: .balign 4\n"                                                                                         \
	".popsection\n"                                                                                            \
	".ifndef _.stapsdt.base\n"                                                                                 \
	".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                                    \
	".weak _.stapsdt.base\n"                                                                                   \
	".hidden _.stapsdt.base\n"                                                                                 \
	"_.stapsdt.base: .space 1\n"                                                                               \
	".size _.stapsdt.base, 1\n"                                                                                \
	".popsection\n"                                                                                            \
	".endif\n"
#define PROBE(NAME, ARGUMENTS) PROBE_OF("lttest", NAME, "0", ARGUMENTS)

/* Where the compiler likes; %n is the number with its sign turned. */
#define CHOSEN                                                                                                     \
	"%n[a]@%[s8] %n[b]@%[u8] %n[c]@%[s16] %n[d]@%[u16] %n[e]@%[s32] %n[f]@%[u32] %n[g]@%[s64] %n[h]@%[u64]"
#define CHOICE(v)                                                                                                  \
	[a] "n"(1), [b] "n"(-1), [c] "n"(2), [d] "n"(-2), [e] "n"(4), [f] "n"(-4), [g] "n"(8), [h] "n"(-8),        \
	[s8] "nor"((v)->s8), [u8] "nor"((v)->u8), [s16] "nor"((v)->s16), [u16] "nor"((v)->u16),                    \
	[s32] "nor"((v)->s32), [u32] "nor"((v)->u32), [s64] "nor"((v)->s64), [u64] "nor"((v)->u64)

unsigned short usdt_guarded_semaphore __attribute__((section(".probes"), used));
struct values usdt_values __attribute__((used));
static struct values usdt_static __attribute__((used));

static void pass_chosen(const struct values *v)
{
	__asm__ volatile(PROBE("chosen", CHOSEN) : : CHOICE(v) : "memory");
}

static long pass_guarded(const struct values *v)
{
	if (!*(volatile unsigned short *)&usdt_guarded_semaphore)
		return 0;
	__asm__ volatile(PROBE_OF("lttest", "guarded", "usdt_guarded_semaphore", CHOSEN) : : CHOICE(v) : "memory");
	return 1;
}

static void pass_named(const char *text, int length)
{
	__asm__ volatile(PROBE("text", "8@%[text] -4@%[length]") : : [text] "r"(text), [length] "r"(length) : "memory");
	__asm__ volatile(PROBE_OF("lttest", "ambiguous", "0", "8@%[text]") : : [text] "r"(text) : "memory");
	__asm__ volatile(PROBE_OF("lttest2", "ambiguous", "0", "8@%[text]") : : [text] "r"(text) : "memory");
}

#if defined(__x86_64__)
/* All around the value in its register is set, so that whoever reads too much is seen. */
#define DIRT 0x5a5a5a5a5a5a5a5aul
#define DIRTY(value, bits) ((DIRT << (bits)) | ((uint64_t)(value) & ((1ul << (bits)) - 1)))

static void pass_registers(const struct values *v)
{
	register uint64_t u32 __asm__("r15") = DIRTY(v->u32, 32);
	register int64_t s64 __asm__("r8") = v->s64;
	register uint64_t u64 __asm__("r12") = v->u64;

	__asm__ volatile(PROBE("registers", "-1@%%al 1@%%bh -2@%%cx 2@%%dx -4@%%esi 4@%%r15d -8@%%r8 8@%%r12")
			 : : "a"(DIRTY(v->s8, 8)), "b"(DIRTY(v->u8 << 8 | 0x5a, 16)), "c"(DIRTY(v->s16, 16)),
			 "d"(DIRTY(v->u16, 16)), "S"(DIRTY(v->s32, 32)), "r"(u32), "r"(s64), "r"(u64) : "memory");
}

static void pass_memory(const struct values *v)
{
	__asm__ volatile(PROBE("memory", "-1@-16(%%rax) 1@-15(%%rax) -2@-0xe(%%rax) 2@-8-4(%%rax) -4@-8(%%rax) "
			       "4@-4(%%rax) -8@(%%rax) 8@8(%%rax)") : : "a"(&v->s64) : "memory");
	__asm__ volatile(PROBE("indexed", "-1@(,%%rax,1) 1@1(,%%rax) -2@(%%rax,%%rcx) 2@2(%%rax,%%rcx,1) "
			       "-4@(%%rax,%%rcx,4) 4@4(%%rax,%%rcx,4) -8@(%%rax,%%rbx,8) 8@32(%%rax,%%rdx,8)")
			 : : "a"(v), "b"(2ul), "c"(2ul), "d"(-1l) : "memory");
}

static void pass_symbols(const struct values *v)
{
	usdt_values = *v;
	usdt_static = *v;
	__asm__ volatile(PROBE("symbols", "-1@usdt_values(%%rip) 1@usdt_values+1(%%rip) -2@2+usdt_values(%%rip) "
			       "2@usdt_static+4(%%rip) -4@usdt_static+12-4(%%rip) 4@usdt_values+12 -8@16+usdt_static(%%rip) "
			       "8@usdt_values+8(,%%rbx,8)") : : "b"(2ul) : "memory");
}

static void pass_constants(void)
{
	__asm__ volatile(PROBE("constants", "-1@$-1 1@$255 -2@$-30000 2@$0xffff -4@$-2000000000 4@$4000000000 "
			       "-8@$-1099511627776 8@$0xfedcba9876543210") : : : "memory");
}

/* Three places of one probe; time number i passes one of them. */
static void pass_several(const struct values *v, long i)
{
	if (i % 3 == 0)
		__asm__ volatile(PROBE("several", CHOSEN) : : CHOICE(v) : "memory");
	else if (i % 3 == 1)
		__asm__ volatile(PROBE("several", "-1@(%%rdi) 1@1(%%rdi) -2@2(%%rdi) 2@4(%%rdi) -4@8(%%rdi) 4@12(%%rdi) "
				       "-8@16(%%rdi) 8@24(%%rdi)") : : "D"(v) : "memory");
	else
		__asm__ volatile(PROBE("several", "-1@(%%rsi) 1@1(%%rsi) -2@2(%%rsi) 2@4(%%rsi) -4@8(%%rsi) 4@12(%%rsi) "
				       "-8@16(%%rsi) 8@24(%%rsi)") : : "S"(v) : "memory");
}

/* What cannot be read beside what can; the fifth is at an address that nothing is at. */
static void pass_odd(void)
{
	__asm__ volatile(PROBE("odd", "8f@%%xmm0 8@%%fs:0 8@no_such_symbol(%%rip) -4@$7 8@(%%rax)") : : "a"(1ul) : "memory");
}
#endif

long usdt_pass(long count)
{
	long guarded = 0;
	char text[64];

	for (long i = 0; i < count; i++) {
		struct values v = { 0 };

		set(&v, i);
		__asm__ volatile("" : : "r"(&v) : "memory");
		memset(text, 0, sizeof(text));
		pass_named(text, snprintf(text, sizeof(text), "row %ld", i));
		pass_chosen(&v);
		guarded += pass_guarded(&v);
#if defined(__x86_64__)
		pass_registers(&v);
		pass_memory(&v);
		pass_symbols(&v);
		pass_constants();
		pass_several(&v, i);
		pass_odd();
#endif
	}
	return guarded;
}
#endif

#ifndef USDT_PROBES
int main(int argc, char **argv)
{
	long count = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	char c = '\0';

	if (count <= 0) {
		fprintf(stderr, "usage: usdt COUNT\n");
		return 2;
	}
	printf("%d\n", (int)getpid());
	fflush(stdout);
	while (c != '\n')
		if (read(0, &c, 1) != 1)
			return 1; /* whoever held us is gone */
	printf("done %ld %ld\n", count, usdt_pass(count));
	return 0;
}
#endif
