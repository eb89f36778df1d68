/* SPDX-License-Identifier: MIT
 *
 * The verifier's reasons as kernels since 6.1 word them. Those that texts meet are provoked by tests/live/verifier.lua;
 * others are here by the kernel's wording alone, so a new case there is welcome.
 */
#include "cause.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* `words` are looked for in "=STATE|REASON" in this order, '*' standing between them; STATE is what is known of the
 * register that the reason begins with. In `meaning`, '@' is the value in
 * question, `unnamed` what it is called when the source line does not tell. The first entry that fits counts. */
static const struct cause {
	const char *words, *meaning, *unnamed;
} causes[] = {
	{ "mem access 'map_value_or_null'", "@ may be NULL: check what the lookup gave before using it, for arrays too",
	  "the pointer" },
	{ "mem access 'ringbuf_mem_or_null'", "@ may be NULL: check what ringbuf_reserve gave before using it", "the record" },
	{ "mem access 'mem_or_null'", "@ may be NULL: check what ringbuf_reserve gave before using it", "the record" },
	{ "mem access 'alloc_mem_or_null'", "@ may be NULL: check what ringbuf_reserve gave before using it", "the record" },
	{ "mem access '*_or_null", "@ may be NULL: check it before using it", "the pointer" },
	{ "=0|*mem access '", "@ is NULL on one way through the program: check it before using it", "the pointer" },
	{ "=ringbuf_mem*mem access '", "@ was submitted or discarded before: what is to be read is read before that",
	  "the record" },
	{ "=alloc_mem*mem access '", "@ was submitted or discarded before: what is to be read is read before that",
	  "the record" },
	{ "mem access 'scalar'", "@ is no pointer that a program may follow: an address of the kernel or of a process is read "
	  "with bpf_probe_read_kernel() or bpf_probe_read_user()", "the pointer" },
	{ "mem access 'inv'", "@ is no pointer that a program may follow: an address of the kernel or of a process is "
	  "read with bpf_probe_read_kernel() or bpf_probe_read_user()", "the pointer" },
	{ "pointer arithmetic on *_or_null", "@ may be NULL: check it before computing with it", "the pointer" },
	{ "dereference of modified ctx", "the context is read at fixed offsets only: keep `ctx` as it is", "" },
	{ "variable ctx access", "the context is read at fixed offsets only: choose the field by `if` or `switch`", "" },
	{ "pointer arithmetic with", "a pointer is a number that may only be added to and subtracted from: compute "
	  "with a copy that was read by bpf_probe_read_kernel(), or with offsets", "" },
	{ "pointer arithmetic on", "the kernel forbids to compute with this pointer", "" },
	{ "!read_ok", "on one way through the program nothing was assigned to this value: give the variable a value "
	  "where it is declared, and return a value everywhere", "" },
	{ "unbounded min value", "@ can be negative or any number: make it unsigned and check it against the array's "
	  "size just before it is used", "the index" },
	{ "min value is negative", "@ can be negative: make it unsigned, or check that it is not below 0", "the number" },
	{ "unbounded memory access", "the verifier sees no upper limit of @: make it unsigned and limit it just "
	  "before, with if (n > LIMIT) or n &= LIMIT - 1 for a power of two", "the number" },
	{ "invalid access to map value", "the access ends beyond the value: check the index against the array's size, "
	  "or the size against sizeof", "" },
	{ "outside of the allowed memory range", "the access ends beyond the memory: check the index against the "
	  "array's size, or the size against sizeof", "" },
	{ "invalid access to memory", "the access ends beyond the record: reserve more, or write less", "" },
	{ "invalid access to packet", "compare with the packet's end before each access: if (p + LENGTH > data_end) "
	  "return …", "" },
	{ "invalid zero-sized read", "a size can be 0: check it before, if (n == 0) return 0", "" },
	{ "invalid bpf_context access", "this kind of program has no such field in its context, or it is not to be "
	  "written; is it the right kind for what it is attached to?", "" },
	{ "invalid indirect read from stack", "bytes of it were never set (padding counts): begin with = {}", "" },
	{ "invalid read from stack", "bytes of it were never set, or lie outside of the variable: begin with = {}, "
	  "check the index", "" },
	{ "invalid write to stack", "more is read or written than the variable has room: the size is at most sizeof of "
	  "it", "" },
	{ "invalid indirect access to stack", "more is read or written than the variable has room: the size is at most "
	  "sizeof of it", "" },
	{ "invalid stack type", "more is read or written than the variable has room: the size is at most sizeof of it", "" },
	{ "invalid variable-offset", "an index into a local array is not limited: check it against the array's size", "" },
	{ "variable stack access prohibited", "an index into a local array is not limited: check it against the "
	  "array's size", "" },
	{ "misaligned", "a number of 2, 4 or 8 bytes lies at a multiple of its size: copy its bytes with memcpy, or "
	  "align the member", "" },
	{ "combined stack size", "the functions that call each other have more local variables than 512 bytes: move "
	  "large ones into a map's value, or drop noinline", "" },
	{ "stack depth", "the program has more local variables than 512 bytes: move large ones into a map's value", "" },
	{ "Unreleased reference", "a way out of the program keeps a record or an object: end each with ringbuf_submit, "
	  "ringbuf_discard or the function that releases it", "" },
	{ "reference has not been acquired", "what is released here was released before, or never taken", "" },
	{ "would lead to reference leak", "a way out keeps a record or an object: end each with ringbuf_submit, "
	  "ringbuf_discard or the function that releases it", "" },
	{ "infinite loop detected", "this loop changes nothing that could end it: count its rounds up to a constant "
	  "limit", "" },
	{ "cur state:", "this loop changes nothing that could end it: count its rounds up to a constant limit", "" },
	{ "back-edge", "old kernels take no loops: #pragma unroll with a constant number of rounds", "" },
	{ "sequence of", "too many branches wait to be looked at: fewer rounds, a smaller constant limit, or bpf_loop()", "" },
	{ "BPF program is too large", "the verifier walks through every round of every loop, 1,000,000 instructions in "
	  "all: fewer rounds, a constant limit, or bpf_loop()", "" },
	{ "too many instructions", "the program itself is too long: fewer unrolled rounds and inlined calls", "" },
	{ "GPL-restricted", "the text declares a licence that is not GPL's (BPF_LICENSE), and this helper, or a read "
	  "through a kernel pointer, needs it", "" },
	{ "GPL only", "the text declares a licence that is not GPL's (BPF_LICENSE), and this function needs it", "" },
	{ "invalid func unknown", "this kernel has no helper of that number: it is newer than the kernel", "" },
	{ "unknown func", "this kind of program has no such helper in this kernel", "" },
	{ "program of this type cannot use helper", "the helper belongs to another kind of program", "" },
	{ "helper call is not allowed in probe", "it is meant for kinds that can wait; this one cannot", "" },
	{ "might sleep", "it is meant for sleepable programs; this one is not", "" },
	{ "sleepable", "this kind of program or map may not wait", "" },
	{ "cannot pass map_type", "this operation does not exist for this type of map", "" },
	{ "expected=map_ptr", "a map is given by its name, known at compile time", "" },
	{ "expected=ctx", "it takes the program's context, as the program got it: pass `ctx` itself", "" },
	{ "type=* expected=", "@ must be the address of a variable, a map's value or a record (&NAME), and not a number",
	  "the argument" },
	{ "pointer type * must point to", "@ must be the address of a variable or a map's value", "the argument" },
	{ "arg#* expected pointer", "@ must be the address of a variable or a map's value", "the argument" },
	{ "leaks addr", "a kernel address may not be given away here", "" },
	{ "At program exit the register R0", "the program's return value is not one that this kind may have: see the "
	  "range", "" },
	{ "access beyond struct", "the kernel's struct ends before that: the pointer is to another type", "" },
	{ "only read is supported", "the kernel's memory cannot be written", "" },
	{ "is not a function", "it is attached by the kernel's types to a function that they do not have", "" },
	{ "not an exit or jmp", "the program ends without a return: give every way one", "" },
	{ "unreachable insn", "part of the program is never reached: a loop without end, or __builtin_unreachable", "" },
	{ "jump out of range", "the program is broken: inline assembly jumps outside", "" },
	{ "tail_calls are not allowed", "this kernel takes no tail call in a program with functions of its own: drop "
	  "noinline", "" },
	{ "unknown opcode", "this kernel does not know the instruction: inline assembly for a newer one?", "" },
	{ "Invalid name", "the kernel refuses a name in the object's types", "" },
	{ "Invalid func_info", "the kernel refuses the object's debug information", "" },
	{ "Invalid line_info", "the kernel refuses the object's debug information", "" },
};

static bool fits(const char *reason, const char *words)
{
	for (;;) {
		size_t length = strcspn(words, "*");
		const char *found = memmem(reason, strlen(reason), words, length);

		if (!found)
			return false;
		if (!words[length])
			return true;
		reason = found + length;
		words += length + 1;
		words += *words == ' ';
	}
}

void lt_cause_write(const struct lt_refusal *refusal, char *out, uint32_t size)
{
	const struct cause *cause = NULL;
	char value[80], quoted[84], facts[sizeof(refusal->reason) + sizeof(refusal->state) + 2];
	const char *at, *called;

	*out = '\0';
	snprintf(facts, sizeof(facts), "=%s|%s", refusal->state, refusal->reason);
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes) && !cause; i++)
		if (fits(facts, causes[i].words))
			cause = &causes[i];
	if (!cause)
		return;
	lt_refusal_value(refusal, value, sizeof(value));
	snprintf(quoted, sizeof(quoted), "'%s'", value);
	called = *value ? quoted : cause->unnamed;
	at = strchr(cause->meaning, '@');
	if (at)
		snprintf(out, size, "%.*s%s%s", (int)(at - cause->meaning), cause->meaning, called, at + 1);
	else
		snprintf(out, size, "%s", cause->meaning);
}
