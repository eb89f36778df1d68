/* SPDX-License-Identifier: MIT */
#include "machine.h"
#include <gelf.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 1 << 20 };
static const uint64_t stack_address = 0xffffc90000100000, section_address = 0xffffa00000000000;

void machine_wrong(struct machine *machine, const char *format, ...)
{
	va_list args;

	if (machine->wrong[0])
		return;
	va_start(args, format);
	vsnprintf(machine->wrong, sizeof(machine->wrong), format, args);
	va_end(args);
}

void machine_add(struct machine *machine, struct region region)
{
	if (machine->count == MACHINE_REGIONS)
		machine_wrong(machine, "too many regions");
	else
		machine->regions[machine->count++] = region;
}

uint8_t *machine_memory(struct machine *machine, uint64_t address, uint64_t size, bool direct, bool writable)
{
	for (unsigned i = 0; i < machine->count; i++) {
		struct region *region = &machine->regions[i];

		if (address - region->address < region->size && size <= region->size - (address - region->address) &&
		    (region->direct || !direct) && (region->writable || !writable))
			return region->bytes + (address - region->address);
	}
	return NULL;
}

static uint64_t read_bytes(const uint8_t *at, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, at, size);
	return value;
}

static unsigned size_of(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B: return 1;
	case BPF_H: return 2;
	case BPF_W: return 4;
	default: return 8;
	}
}

static uint64_t swap(const struct bpf_insn *insn, uint64_t value)
{
	unsigned bits = insn->imm;

	if (BPF_SRC(insn->code) == BPF_TO_BE)
		return bits == 16 ? __builtin_bswap16(value) : bits == 32 ? __builtin_bswap32(value) :
		       __builtin_bswap64(value);
	return bits == 64 ? value : value & ((1ull << bits) - 1);
}

static void calculate(struct machine *machine, const struct bpf_insn *insn)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	uint64_t to = machine->registers[insn->dst_reg];
	uint64_t by = BPF_SRC(insn->code) == BPF_X ? machine->registers[insn->src_reg] : (uint64_t)insn->imm;
	unsigned mask = wide ? 63 : 31;

	if (BPF_OP(insn->code) == BPF_END) {
		machine->registers[insn->dst_reg] = swap(insn, to);
		return;
	}
	if (!wide) {
		to = (uint32_t)to;
		by = (uint32_t)by;
	}
	switch (BPF_OP(insn->code)) {
	case BPF_ADD: to += by; break;
	case BPF_SUB: to -= by; break;
	case BPF_MUL: to *= by; break;
	case BPF_DIV: to = by ? to / by : 0; break;
	case BPF_MOD: to = by ? to % by : to; break;
	case BPF_OR: to |= by; break;
	case BPF_AND: to &= by; break;
	case BPF_XOR: to ^= by; break;
	case BPF_LSH: to <<= by & mask; break;
	case BPF_RSH: to >>= by & mask; break;
	case BPF_ARSH: to = wide ? (uint64_t)((int64_t)to >> (by & mask)) : (uint64_t)((int32_t)to >> (by & mask)); break;
	case BPF_NEG: to = -to; break;
	case BPF_MOV: to = by; break;
	default: machine_wrong(machine, "unknown arithmetic 0x%x", insn->code);
	}
	machine->registers[insn->dst_reg] = wide ? to : (uint32_t)to;
}

static bool jumps(struct machine *machine, const struct bpf_insn *insn)
{
	uint64_t left = machine->registers[insn->dst_reg];
	uint64_t right = BPF_SRC(insn->code) == BPF_X ? machine->registers[insn->src_reg] : (uint64_t)insn->imm;
	int64_t signed_left = left, signed_right = right;

	if (BPF_CLASS(insn->code) == BPF_JMP32) {
		signed_left = (int32_t)left;
		signed_right = (int32_t)right;
		left = (uint32_t)left;
		right = (uint32_t)right;
	}
	switch (BPF_OP(insn->code)) {
	case BPF_JA: return true;
	case BPF_JEQ: return left == right;
	case BPF_JNE: return left != right;
	case BPF_JGT: return left > right;
	case BPF_JGE: return left >= right;
	case BPF_JLT: return left < right;
	case BPF_JLE: return left <= right;
	case BPF_JSET: return left & right;
	case BPF_JSGT: return signed_left > signed_right;
	case BPF_JSGE: return signed_left >= signed_right;
	case BPF_JSLT: return signed_left < signed_right;
	case BPF_JSLE: return signed_left <= signed_right;
	default: machine_wrong(machine, "unknown jump 0x%x", insn->code); return false;
	}
}

static void change_atomically(struct machine *machine, const struct bpf_insn *insn, uint8_t *at, unsigned size)
{
	uint64_t old = read_bytes(at, size), with = machine->registers[insn->src_reg], new = old;

	switch (insn->imm & ~BPF_FETCH) {
	case BPF_ADD: new = old + with; break;
	case BPF_AND: new = old & with; break;
	case BPF_OR: new = old | with; break;
	case BPF_XOR: new = old ^ with; break;
	case BPF_XCHG & ~BPF_FETCH: new = with; break;
	case BPF_CMPXCHG & ~BPF_FETCH:
		new = old == (size == 4 ? (uint32_t)machine->registers[0] : machine->registers[0]) ? with : old;
		break;
	default: machine_wrong(machine, "unknown atomic operation 0x%x", insn->imm);
	}
	memcpy(at, &new, size);
	if (insn->imm == BPF_CMPXCHG)
		machine->registers[0] = old;
	else if (insn->imm & BPF_FETCH)
		machine->registers[insn->src_reg] = old;
}

static void access_memory(struct machine *machine, const struct bpf_insn *insn)
{
	bool load = BPF_CLASS(insn->code) == BPF_LDX;
	unsigned size = size_of(insn);
	uint64_t address = machine->registers[load ? insn->src_reg : insn->dst_reg] + insn->off;
	uint64_t value = BPF_CLASS(insn->code) == BPF_ST ? (uint64_t)insn->imm : machine->registers[insn->src_reg];
	uint8_t *at = machine_memory(machine, address, size, true, !load);

	if (!at)
		machine_wrong(machine, "%s of %u bytes at 0x%llx", load ? "a load" : "a store", size,
			      (unsigned long long)address);
	else if (load)
		machine->registers[insn->dst_reg] = read_bytes(at, size);
	else if (BPF_MODE(insn->code) == BPF_ATOMIC)
		change_atomically(machine, insn, at, size);
	else
		memcpy(at, &value, size);
}

static void run(struct machine *machine, const struct bpf_insn *program, size_t count)
{
	size_t at = 0;

	for (int step = 0; step < MOST_STEPS && !machine->wrong[0]; step++) {
		const struct bpf_insn *insn = &program[at++];

		if (at > count) {
			machine_wrong(machine, "it runs over its end");
			return;
		}
		machine->wrong_at = at - 1;
		switch (BPF_CLASS(insn->code)) {
		case BPF_ALU:
		case BPF_ALU64:
			calculate(machine, insn);
			break;
		case BPF_LD:
			machine->registers[insn->dst_reg] = (uint32_t)insn->imm | (uint64_t)(uint32_t)insn[1].imm << 32;
			at++;
			break;
		case BPF_LDX:
		case BPF_ST:
		case BPF_STX:
			access_memory(machine, insn);
			break;
		default:
			if (insn->code == (BPF_JMP | BPF_EXIT))
				return;
			if (insn->code == (BPF_JMP | BPF_CALL)) {
				if (insn->src_reg)
					machine_wrong(machine, "a call of a function");
				else
					machine->registers[0] = machine->helper(machine, insn->imm);
			} else if (jumps(machine, insn)) {
				at += insn->off;
			}
		}
	}
	machine_wrong(machine, "it does not end");
}

/* Globals and maps, and their addresses in the program's instructions. */
static void relocate(struct machine *machine, Elf *elf, Elf_Scn *relocations, struct bpf_insn *program, size_t count)
{
	GElf_Shdr header, symbols_header;
	Elf_Data *data = elf_getdata(relocations, NULL), *symbols;
	GElf_Rel relocation;

	gelf_getshdr(relocations, &header);
	symbols = elf_getdata(elf_getscn(elf, header.sh_link), NULL);
	gelf_getshdr(elf_getscn(elf, header.sh_link), &symbols_header);
	for (int i = 0; gelf_getrel(data, i, &relocation); i++) {
		size_t at = relocation.r_offset / sizeof(*program);
		uint64_t address;
		const char *name;
		GElf_Sym symbol;

		if (GELF_R_TYPE(relocation.r_info) != R_BPF_64_64 || at + 1 >= count ||
		    !gelf_getsym(symbols, GELF_R_SYM(relocation.r_info), &symbol)) {
			machine_wrong(machine, "a relocation of type %u", (unsigned)GELF_R_TYPE(relocation.r_info));
			return;
		}
		address = section_address + ((uint64_t)symbol.st_shndx << 24) + symbol.st_value + program[at].imm;
		name = elf_strptr(elf, symbols_header.sh_link, symbol.st_name);
		if (machine->symbol && name && !strcmp(name, machine->symbol))
			machine->symbol_address = address;
		program[at].imm = address;
		program[at + 1].imm = address >> 32;
	}
}

static void add_section(struct machine *machine, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	struct region region = {
		.address = section_address + ((uint64_t)elf_ndxscn(section) << 24), .size = header->sh_size,
		.direct = true, .writable = header->sh_flags & SHF_WRITE, .owned = true,
	};

	region.bytes = calloc(1, region.size + 1);
	if (data && data->d_buf && header->sh_type != SHT_NOBITS)
		memcpy(region.bytes, data->d_buf, data->d_size);
	machine_add(machine, region);
}

uint32_t machine_run(struct machine *machine, const void *object, size_t size, const char *section, uint64_t argument)
{
	struct bpf_insn *program = NULL;
	size_t names, count = 0, program_index = 0;
	Elf_Scn *at = NULL;
	GElf_Shdr header;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)(uintptr_t)object, size);
	if (!elf || elf_getshdrstrndx(elf, &names)) {
		machine_wrong(machine, "no ELF object");
		return 0;
	}
	while ((at = elf_nextscn(elf, at))) {
		const char *name = gelf_getshdr(at, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;

		if (name && !strcmp(name, section)) {
			program = malloc(header.sh_size);
			memcpy(program, elf_getdata(at, NULL)->d_buf, header.sh_size);
			count = header.sh_size / sizeof(*program);
			program_index = elf_ndxscn(at);
		} else if (header.sh_flags & SHF_ALLOC && !(header.sh_flags & SHF_EXECINSTR) && header.sh_size) {
			add_section(machine, at, &header);
		}
	}
	while ((at = elf_nextscn(elf, at)))
		if (gelf_getshdr(at, &header) && header.sh_type == SHT_REL && header.sh_info == program_index && program)
			relocate(machine, elf, at, program, count);
	if (!program)
		machine_wrong(machine, "no section '%s'", section);
	machine_add(machine, (struct region){
		.address = stack_address - MACHINE_STACK, .size = MACHINE_STACK, .bytes = machine->stack,
		.direct = true, .writable = true,
	});
	/* what the stack holds before is anything */
	memset(machine->stack, 0xa5, sizeof(machine->stack));
	machine->registers[1] = argument;
	machine->registers[10] = stack_address;
	if (program && !machine->wrong[0])
		run(machine, program, count);
	free(program);
	elf_end(elf);
	return machine->registers[0];
}

void machine_release(struct machine *machine)
{
	for (unsigned i = 0; i < machine->count; i++)
		if (machine->regions[i].owned)
			free(machine->regions[i].bytes);
}
