/* SPDX-License-Identifier: MIT
 *
 * The verifier's reasons, as kernels from 5.8 on word them. tests/live/verifier.lua and tests/vm/cases/refusals.lua
 * provoke them; what only kernels older than those say is in tests/unit/trace_verifier_log_test.c.
 */
#include "cause.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* `words` are one or more kernels' wordings, each looked for in "=STATE|REASON" part by part, '*' standing for what is
 * between; STATE is what is known of the register that the reason begins with. In `meaning`, '@' is the value in
 * question, `unnamed` what it is called when the source line does not tell. The first entry that fits counts. */
static const struct cause {
	const char *words[4], *meaning, *unnamed;
} causes[] = {
	/* pointers */
	{ { "mem access 'map_value_or_null'" },
	  "@ may be NULL: check what the lookup gave before using it, for arrays too", "the pointer" },
	{ { "mem access 'ringbuf_mem_or_null'", "mem access 'mem_or_null'", "mem access 'alloc_mem_or_null'" },
	  "@ may be NULL: check what ringbuf_reserve gave before using it", "the record" },
	{ { "mem access '*_or_null" },
	  "@ may be NULL: check it before using it", "the pointer" },
	{ { "=0|*mem access '" },
	  "@ is NULL on one way through the program: check it before using it", "the pointer" },
	{ { "=ringbuf_mem*mem access '", "=alloc_mem*mem access '" },
	  "@ was submitted or discarded before: what is to be read is read before that", "the record" },
	{ { "mem access 'scalar'", "mem access 'inv'" },
	  "@ is no pointer that a program may follow: an address of the kernel or of a process is read with "
	  "bpf_probe_read_kernel() or bpf_probe_read_user()", "the pointer" },
	{ { "pointer arithmetic on *_or_null" },
	  "@ may be NULL: check it before computing with it", "the pointer" },
	{ { "pointer arithmetic with" },
	  "a pointer is a number that may only be added to and subtracted from: compute with a copy that was read "
	  "by bpf_probe_read_kernel(), or with offsets", "" },
	{ { "pointer arithmetic on" },
	  "the kernel forbids to compute with this pointer", "" },
	{ { "pointer += pointer" },
	  "two pointers have a difference, but no sum: add a number to one of them", "" },
	{ { "!read_ok" },
	  "on one way through the program nothing was assigned to this value: give the variable a value where it is "
	  "declared, and return a value everywhere", "" },

	/* the context */
	{ { "dereference of modified ctx" },
	  "the context is read at fixed offsets only: keep `ctx` as it is", "" },
	{ { "variable ctx access" },
	  "the context is read at fixed offsets only: choose the field by `if` or `switch`", "" },
	{ { "invalid bpf_context access" },
	  "this kind of program has no such field in its context, or it is not to be written; is it the right kind "
	  "for what it is attached to?", "" },
	{ { "stores into R* ctx is not allowed" },
	  "the context is not to be written: change a copy of it", "" },

	/* sizes and indexes */
	{ { "unbounded min value" },
	  "@ can be negative or any number: make it unsigned and check it against the array's size just before it "
	  "is used", "the index" },
	{ { "min value is negative" },
	  "@ can be negative: make it unsigned, or check that it is not below 0", "the number" },
	{ { "unbounded memory access" },
	  "the verifier sees no upper limit of @: make it unsigned and limit it just before, with if (n > LIMIT) or "
	  "n &= LIMIT - 1 for a power of two", "the number" },
	{ { "math between * is not allowed" },
	  "this goes far beyond every variable and record: limit the index or the offset before it is added", "" },
	{ { "invalid access to map value" },
	  "the access ends beyond the value: check the index against the array's size, or the size against sizeof",
	  "" },
	{ { "outside of the allowed memory range" },
	  "the access ends beyond the memory: check the index against the array's size, or the size against sizeof",
	  "" },
	{ { "invalid access to packet" },
	  "compare with the packet's end before each access: if (p + LENGTH > data_end) return …", "" },
	{ { "invalid zero-sized read" },
	  "a size can be 0: check it before, if (n == 0) return 0", "" },

	/* what is not to be written */
	{ { "write into map forbidden" },
	  "this is read-only for programs: a const variable, or a map with BPF_F_RDONLY_PROG", "" },
	{ { "cannot write into" },
	  "this kind of program may only read that: it asks a helper for a change", "" },
	{ { "only read is supported" },
	  "the kernel's memory cannot be written", "" },

	/* the stack */
	{ { "invalid indirect read from stack" },
	  "bytes of it were never set (padding counts): begin with = {}", "" },
	{ { "invalid read from stack" },
	  "bytes of it were never set, or lie outside of the variable: begin with = {}, check the index", "" },
	{ { "invalid write to stack", "invalid indirect access to stack", "invalid stack type" },
	  "more is read or written than the variable has room: the size is at most sizeof of it", "" },
	{ { "invalid variable-offset" },
	  "an index into a local array is not limited: check it against the array's size", "" },
	{ { "misaligned" },
	  "a number of 2, 4 or 8 bytes lies at a multiple of its size: copy its bytes with memcpy, or align the "
	  "member", "" },
	{ { "combined stack size" },
	  "the functions that call each other have more local variables than 512 bytes: move large ones into a "
	  "map's value, or drop noinline", "" },
	{ { "call stack of" },
	  "functions that are not inlined may call each other 8 deep: drop noinline", "" },

	/* records and objects of the kernel */
	{ { "Unreleased reference", "would lead to reference leak" },
	  "a way out of the program keeps a record or an object: end each with ringbuf_submit, ringbuf_discard or "
	  "the function that releases it", "" },
	{ { "reference has not been acquired", "must be referenced when passed to release" },
	  "@ was submitted, discarded or released before, or was never taken: each ends once",
	  "what is released here" },
	{ { "type=* expected=ringbuf_mem", "type=* expected=alloc_mem" },
	  "@ was submitted, discarded or released before, or was never taken: each ends once",
	  "what is given back here" },
	{ { "type=* expected=sock", "pointer type * must point to" },
	  "@ must be an object that the kernel handed to this program, or that a function acquired for it, and that "
	  "is not released yet", "the argument" },
	{ { "must be a rcu pointer", "must be referenced or trusted" },
	  "this was read out of another object, and may go away meanwhile: the function takes only what the kernel "
	  "handed to this program, or what was acquired; members are read as ever", "" },
	{ { "Possibly NULL pointer passed" },
	  "@ may be NULL: check it before passing it", "the argument" },
	{ { "is of type * expected" },
	  "@ points to another of the kernel's types than this helper takes", "the argument" },
	{ { "may write into memory pointed" },
	  "this helper takes no address of the kernel's memory there: pass a local variable, or a copy in one", "" },
	{ { "access beyond struct" },
	  "the kernel's struct ends before that: the pointer is to another type", "" },

	/* size and loops */
	{ { "infinite loop detected" },
	  "this loop changes nothing that could end it: count its rounds up to a constant limit", "" },
	{ { "sequence of" },
	  "too many branches wait to be looked at: fewer rounds, a smaller constant limit, or bpf_loop()", "" },
	{ { "BPF program is too large" },
	  "the verifier walks through every round of every loop, 1,000,000 instructions in all: fewer rounds, a "
	  "constant limit, or bpf_loop()", "" },
	{ { "unreachable insn" },
	  "part of the program is never reached: a loop without end, or __builtin_unreachable", "" },
	{ { "jump out of range" },
	  "the program is broken: inline assembly jumps outside", "" },
	{ { "unknown opcode" },
	  "this kernel does not know the instruction: inline assembly for a newer one?", "" },

	/* helpers and maps */
	{ { "GPL-restricted" },
	  "the text declares a licence that is not GPL's (BPF_LICENSE), and this helper, or a read through a kernel "
	  "pointer, needs it", "" },
	{ { "GPL compatible" },
	  "the text declares a licence that is not GPL's (BPF_LICENSE), and programs of this kind need it", "" },
	{ { "invalid func unknown" },
	  "this kernel has no helper of that number: it is newer than the kernel", "" },
	{ { "unknown func" },
	  "this kind of program has no such helper in this kernel", "" },
	{ { "program of this type cannot use helper" },
	  "the helper belongs to another kind of program", "" },
	{ { "calling kernel function" },
	  "programs of this kind may not call this function", "" },
	{ { "helper call is not allowed in probe" },
	  "the kernel allows this helper in a few functions only, not in the one that is traced", "" },
	{ { "might sleep" },
	  "it waits, which only a sleepable program may (SEC(\"fentry.s/…\"), SEC(\"lsm.s/…\")): "
	  "bpf_probe_read_user() reads without waiting", "" },
	{ { "Sleepable programs can only use" },
	  "a program that may wait takes no map of that type", "" },
	{ { "is not sleepable" },
	  "this function is not one that a program may wait in: drop the .s of its SEC()", "" },
	{ { "is not modifiable" },
	  "the kernel lets programs replace the result of few functions only", "" },
	{ { "cannot pass map_type" },
	  "this operation does not exist for this type of map", "" },
	{ { "expected=map_ptr" },
	  "a map is given by its name, known at compile time", "" },
	{ { "expected=ctx" },
	  "it takes the program's context, as the program got it: pass `ctx` itself", "" },
	{ { "type=* expected=" },
	  "@ must be the address of a variable, a map's value or a record (&NAME), and not a number",
	  "the argument" },
	{ { "At program exit the register R0" },
	  "the program's return value is not one that this kind may have: see the range", "" },
	{ { "tail_calls are not allowed" },
	  "this kernel takes no tail call in a program with functions of its own: drop noinline", "" },
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

static const struct cause *find(const char *facts)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
		for (const char *const *words = causes[i].words; *words; words++)
			if (fits(facts, *words))
				return &causes[i];
	return NULL;
}

void lt_cause_write(const struct lt_refusal *refusal, char *out, uint32_t size)
{
	const struct cause *cause;
	char value[80], quoted[84], facts[sizeof(refusal->reason) + sizeof(refusal->state) + 2];
	const char *at, *called;

	*out = '\0';
	snprintf(facts, sizeof(facts), "=%s|%s", refusal->state, refusal->reason);
	cause = find(facts);
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
