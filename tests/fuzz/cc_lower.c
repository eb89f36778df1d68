/* SPDX-License-Identifier: MIT
 *
 * The lowering passes. An input is a program: pointers to kernel memory, the stack, a map and the context that meet
 * in branches and loops, copies, look-ups, calls. It is lowered, and what comes out is run: it may load from no
 * kernel memory itself, and has to leave behind what the program as it was written would have. With FUZZ_SHOW in the
 * environment it is shown before and after.
 */
#include "../../host/cc/lower/lower.h"
#include "lib/bytes.h"
#include "lib/contain.h"
#include "lib/machine.h"
#include "lib/program.h"
#include <llvm-c/BitReader.h>
#include <llvm-c/BitWriter.h>
#include <stdio.h>
#include <string.h>

struct job {
	LLVMMemoryBufferRef bitcode;
	struct lowering lowering;
	struct text object;
};

static void lower(void *argument)
{
	static const struct program_kind kinds[] = { { "uprobe_f", "uprobe" }, { "lsm_f", "lsm" }, { 0 } };
	struct job *job = argument;

	job->lowering.kinds = kinds;
	lowering_begin();
	job->lowering.context = LLVMContextCreate();
	FUZZ_CHECK(!LLVMParseBitcodeInContext2(job->lowering.context, job->bitcode, &job->lowering.module), "bitcode");
	lowering_open(&job->lowering);
	lowering_run(&job->lowering);
	lowering_emit(&job->lowering, EMIT_OBJECT, &job->object);
}

/* Locals that the stack had no room for: entries of a map that the lowering made, of which a word says whether a run
 * has them and the next counts those that found none. What an earlier run left there is anything. */
enum { ENTRIES = 8, ENTRY_SIZE = 32 << 10, ENTRY_STATE = 16 };
#define ENTRIES_ADDRESS 0xffffc88000000000
static uint8_t entries[ENTRIES * ENTRY_SIZE];

static void fill_entries(unsigned taken)
{
	memset(entries, 0xa5, sizeof(entries));
	for (unsigned i = 0; i < ENTRIES; i++) {
		memset(entries + i * ENTRY_SIZE, 0, ENTRY_STATE);
		entries[i * ENTRY_SIZE] = i < taken;
	}
}

/* Others' entries are as they were, and its own is free again. NULL or what is wrong. */
static const char *check_entries(unsigned taken)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		const uint8_t *entry = entries + i * ENTRY_SIZE;

		if (entry[0] != (i < taken))
			return entry[0] ? "it kept an entry of its scratch memory" : "it gave back another run's entry";
		if (i < taken && entry[ENTRY_STATE] != 0xa5)
			return "it wrote to another run's entry";
		if (entry[8])
			return "it counts itself as dropped";
	}
	return NULL;
}

static uint64_t look_up(struct machine *machine, uint64_t map, uint64_t key_address)
{
	const uint8_t *at = machine_memory(machine, key_address, sizeof(uint32_t), true, false);
	uint32_t key;

	if (!at) {
		machine_wrong(machine, "a look-up with a key at 0x%llx", (unsigned long long)key_address);
		return 0;
	}
	memcpy(&key, at, sizeof(key));
	if (map != machine->symbol_address)
		return key < ENTRIES ? ENTRIES_ADDRESS + (uint64_t)key * ENTRY_SIZE : 0;
	return key < MAP_SIZE / MAP_SLOT ? MAP_ADDRESS + (uint64_t)key * MAP_SLOT : 0;
}

static uint64_t run_helper(struct machine *machine, uint32_t number)
{
	struct memory *memory = machine->context;
	uint64_t *r = machine->registers;
	uint8_t *to, *from;

	switch (number) {
	case 1:
		return look_up(machine, r[1], r[2]);
	case 4:
		to = machine_memory(machine, r[1], r[2], true, true);
		from = machine_memory(machine, r[3], r[2], false, false);
		if (!to)
			machine_wrong(machine, "a probe read of %llu bytes to 0x%llx", (unsigned long long)r[2],
				      (unsigned long long)r[1]);
		else if (from)
			memmove(to, from, r[2]);
		else
			memset(to, 0, r[2]);
		return from ? 0 : -14;
	case 25:
		from = machine_memory(machine, r[4], r[5], true, false);
		if (!from || r[1] != CONTEXT_ADDRESS)
			machine_wrong(machine, "an output of %llu bytes at 0x%llx", (unsigned long long)r[5],
				      (unsigned long long)r[4]);
		else
			memory->output = digest(memory->output, from, r[5]);
		return 0;
	default:
		machine_wrong(machine, "helper %u", number);
		return 0;
	}
}

static void show(LLVMModuleRef module)
{
	char *ir = LLVMPrintModuleToString(module);

	fprintf(stderr, "%s\n", ir);
	LLVMDisposeMessage(ir);
}

static void tell(LLVMModuleRef module, const struct text *object, const char *wrong)
{
	FILE *file = fopen("build/fuzz/failed.o", "w");

	show(module);
	fprintf(stderr, "%s\n", wrong);
	if (file && object->size && fwrite(object->data, object->size, 1, file) == 1)
		fprintf(stderr, "the object is in build/fuzz/failed.o\n");
	if (file)
		fclose(file);
	abort();
}

static void compare(LLVMModuleRef module, const struct text *object, const struct program *program)
{
	struct memory memory = program->before;
	struct machine machine = { .context = &memory, .helper = run_helper, .symbol = "m" };
	static uint8_t zeros[4096];
	char section[64], wrong[400] = "";
	bool pooled = !strcmp(program->name, "uprobe_f") || !strcmp(program->name, "lsm_f");
	const char *kept;
	uint32_t result;

	machine_add(&machine, (struct region){ CONTEXT_ADDRESS, CONTEXT_SIZE, memory.context, true, false, false });
	machine_add(&machine, (struct region){ KERNEL_ADDRESS, KERNEL_SIZE, memory.kernel, program->trusted, false, false });
	machine_add(&machine, (struct region){ FAR_ADDRESS, KERNEL_SIZE, memory.far, false, false, false });
	for (int i = 0; i < MAP_SIZE / MAP_SLOT; i++)
		machine_add(&machine, (struct region){ MAP_ADDRESS + i * MAP_SLOT, MAP_SLOT, memory.map + i * MAP_SLOT,
						       true, true, false });
	for (int i = 0; i < ENTRIES; i++)
		machine_add(&machine, (struct region){ ENTRIES_ADDRESS + i * ENTRY_SIZE, ENTRY_SIZE, entries + i * ENTRY_SIZE,
						       true, true, false });
	fill_entries(pooled ? program->taken : 0);
	/* what the verifier knows for kernel pointers may be NULL: the kernel mends such loads */
	if (program->trusted)
		machine_add(&machine, (struct region){ 0, sizeof(zeros), zeros, true, false, false });
	snprintf(section, sizeof(section), "lt/%s", program->name);
	result = machine_run(&machine, object->data, object->size, section, CONTEXT_ADDRESS);
	if (machine.wrong[0])
		snprintf(wrong, sizeof(wrong), "instruction %u: %s", machine.wrong_at, machine.wrong);
	else if (result != program->result)
		snprintf(wrong, sizeof(wrong), "it returns 0x%x instead of 0x%x", result, program->result);
	else if (memcmp(memory.map, program->after.map, MAP_SIZE))
		snprintf(wrong, sizeof(wrong), "the map holds other values");
	else if (memory.output != program->after.output)
		snprintf(wrong, sizeof(wrong), "its output is another");
	else if ((kept = check_entries(pooled ? program->taken : 0)))
		snprintf(wrong, sizeof(wrong), "%s", kept);
	machine_release(&machine);
	if (wrong[0])
		tell(module, object, wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct program program;
	LLVMContextRef context = LLVMContextCreate();
	LLVMModuleRef module = make_program(context, (struct bytes){ data, data + size }, &program);
	struct job job = { .bitcode = LLVMWriteBitcodeToMemoryBuffer(module) };
	bool died;

	if (getenv("FUZZ_SHOW"))
		show(module);
	died = !contain(lower, &job);
	if (getenv("FUZZ_SHOW") && job.lowering.module)
		show(job.lowering.module);
	if (!died)
		compare(module, &job.object, &program);
	else if (!strstr(contained_messages(), "more values in use at one time"))	/* than there is room for */
		tell(module, &job.object, contained_messages());
	if (job.lowering.emitted)
		LLVMDisposeMemoryBuffer(job.lowering.emitted);
	lowering_close(&job.lowering);
	LLVMDisposeMemoryBuffer(job.bitcode);
	LLVMDisposeModule(module);
	LLVMContextDispose(context);
	contain_end();
	return 0;
}
