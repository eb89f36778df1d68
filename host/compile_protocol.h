/* SPDX-License-Identifier: MIT
 *
 * How luatrace (host/trace/compiler.c) and its child luatrace-cc (host/cc) talk.
 *
 * luatrace-cc is started with
 *   descriptor 0   the text, a memory file
 *   descriptor 1   where the result goes, a memory file
 *   descriptor 2   where messages go
 *   descriptor 3   a SOCK_SEQPACKET socket for questions
 * and the arguments
 *   luatrace-cc --emit=object|slice|source|ir|asm|listing|completions [--cursor=N] [--verbose] --version-code=N
 *               --hz=N --cpus=N [--foreign] [--type=FUNCTION=KIND]... -- CFLAG...
 * or
 *   luatrace-cc --disassemble ADDRESS:LENGTH...
 * where --version-code is the kernel's LINUX_VERSION_CODE, --hz its HZ (0: its configuration has to tell), --cpus the
 * possible CPUs, --foreign says that types come from another kernel of which no more is known, and --cursor how many
 * bytes of the text are ahead of where somebody types. To disassemble, descriptor 0 has this machine's code instead,
 * LENGTH bytes of each ADDRESS one after the other, both hexadecimal; the result is a line for each instruction,
 * "ADDRESS LENGTH TEXT".
 * Exit status: 0 the result is written; 1 the text does not compile; anything else, or a signal, is a crash.
 *
 * A question is one packet, "WHAT ARGUMENT..." without NUL:
 *   btf vmlinux                  the kernel's BTF
 *   modules                      names of what has types besides the kernel itself, a line each
 *   btf MODULE                   one of them: BTF that goes on where the kernel's ends
 *   config                       the kernel's configuration file, perhaps compressed by gzip
 *   tracepoint CATEGORY EVENT    a format file
 *   include N PATH               a header below the N-th (from 0) include directory of the cflags
 * The answer is a struct lt_cc_answer: code 0 comes with the open file as SCM_RIGHTS, else code is -errno and reason
 * says it in words. The child is confined and could not open these itself.
 */
#ifndef LT_COMPILE_PROTOCOL_H
#define LT_COMPILE_PROTOCOL_H
#include <stdint.h>

enum {
	LT_CC_TEXT_FD = 0,
	LT_CC_OUT_FD = 1,
	LT_CC_MESSAGES_FD = 2,
	LT_CC_ASK_FD = 3,
	LT_CC_QUESTION_MAX = 512,
};

/* What a text may take to compile. Ordinary ones take a hundredth of it; one that does not end is ended. */
enum {
	LT_CC_CPU_SECONDS = 60,
	LT_CC_WALL_SECONDS = 120,
	LT_CC_MEMORY_MB = 2048,
	LT_CC_FILE_MB = 256,		/* of each memory file: object, messages */
};

/* Completions are lines of fields with tabs between; see LT_EMIT_COMPLETIONS. */
enum {
	LT_CC_CANDIDATES_MAX = 1000,
	LT_CC_FIELD_MAX = 500,		/* bytes */
	LT_CC_COMPLETIONS_SIZE = (LT_CC_CANDIDATES_MAX + 1) * 4 * (LT_CC_FIELD_MAX + 1),
	LT_CC_COMPLETE_SECONDS = 5,
};

struct lt_cc_answer {
	int32_t code;
	char reason[1020];
};

/* What messages call the text; the runtime puts the script's own file and line in its place. */
#define LT_CC_TEXT_NAME "program.c"
/* Where it lies for the compiler, and so in an object's line info. */
#define LT_CC_TEXT_PLACE "/luatrace/"

#endif
