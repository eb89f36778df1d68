/* SPDX-License-Identifier: MIT
 *
 * The instruction set is RFC 9669's; what the kernel's own passes put in beside it (per-CPU addresses, bounded gotos,
 * speculation barriers) is written as its verifier does. Headers of older kernels lack the newer numbers.
 */
#include "insn_text.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	CLASS_ALU64 = 0x07, CLASS_JMP32 = 0x06,
	ALU_END = 0xd0, ALU_MOV = 0xb0, ALU_NEG = 0x80,
	JUMP_ALWAYS = 0x00, JUMP_CALL = 0x80, JUMP_EXIT = 0x90, JUMP_MAY = 0xe0,
	MODE_IMM = 0x00, MODE_ABS = 0x20, MODE_IND = 0x40, MODE_MEM = 0x60, MODE_MEMSX = 0x80, MODE_ATOMIC = 0xc0,
	/* loads whose faults the kernel handles, as it rewrites them */
	MODE_PROBE = 0x20, MODE_PROBE_SX = 0x40,
	FETCH = 0x01, XCHG = 0xe1, CMPXCHG = 0xf1, LOAD_ACQUIRE = 0x100, STORE_RELEASE = 0x110,
	CALL_HELPER = 0, CALL_FUNCTION = 1, CALL_KFUNC = 2,
	IMM_MAP = 1, IMM_MAP_VALUE = 2, IMM_FUNCTION = 4,
};

static const char *const alu_signs[16] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", NULL, "%=", "^=", "=", "s>>=",
};
static const char *const jump_signs[16] = {
	[1] = "==", [2] = ">", [3] = ">=", [4] = "&", [5] = "!=", [6] = "s>", [7] = "s>=",
	[10] = "<", [11] = "<=", [12] = "s<", [13] = "s<=",
};
/* by BPF_SIZE(): W, H, B, DW */
static const char *const widths[] = { "u32", "u16", "u8", "u64" };
static const char *const signed_widths[] = { "s32", "s16", "s8" };

#define NAME(helper) "bpf_" #helper
static const char *const helpers[] = { __BPF_FUNC_MAPPER(NAME) };
#undef NAME

const char *lt_helper_name(uint32_t number)
{
	return number && number < sizeof(helpers) / sizeof(*helpers) ? helpers[number] : NULL;
}

int lt_helper_number(const char *name)
{
	for (size_t i = 1; i < sizeof(helpers) / sizeof(*helpers); i++)
		if (!strcmp(helpers[i], name))
			return (int)i;
	return -1;
}

static const char *width(const struct bpf_insn *insn)
{
	return widths[BPF_SIZE(insn->code) >> 3];
}

/* Each of these writes one class, and returns false for what is no instruction of it. */

static bool write_byte_order(const struct bpf_insn *insn, bool wide, char *out, size_t size)
{
	if (insn->imm != 16 && insn->imm != 32 && insn->imm != 64)
		return false;
	snprintf(out, size, "r%u = %s%d r%u", insn->dst_reg, wide ? "bswap" : BPF_SRC(insn->code) == BPF_X ? "be" : "le",
		 insn->imm, insn->dst_reg);
	return !wide || BPF_SRC(insn->code) == BPF_K;
}

/* Moves between registers that do more than that. */
static bool write_special_move(const struct bpf_insn *insn, char letter, char *out, size_t size)
{
	if (insn->off == 8 || insn->off == 16 || insn->off == 32)
		snprintf(out, size, "%c%u = (s%d)%c%u", letter, insn->dst_reg, insn->off, letter, insn->src_reg);
	else if (insn->off == 1 && letter == 'r')
		snprintf(out, size, "r%u = addr_space_cast(r%u, %u, %u)", insn->dst_reg, insn->src_reg,
			 (uint32_t)insn->imm >> 16, insn->imm & 0xffff);
	else if (insn->off == -1 && letter == 'r')
		snprintf(out, size, "r%u = &(void __percpu *)(r%u)", insn->dst_reg, insn->src_reg);
	else
		return false;
	return true;
}

static bool write_alu(const struct bpf_insn *insn, char *out, size_t size)
{
	bool wide = BPF_CLASS(insn->code) == CLASS_ALU64, is_register = BPF_SRC(insn->code) == BPF_X;
	char letter = wide ? 'r' : 'w';
	uint8_t op = BPF_OP(insn->code);
	const char *sign = alu_signs[op >> 4], *is_signed = "";

	if (op == ALU_END)
		return write_byte_order(insn, wide, out, size);
	if (op == ALU_NEG) {
		snprintf(out, size, "%c%u = -%c%u", letter, insn->dst_reg, letter, insn->dst_reg);
		return !is_register;
	}
	if (op == ALU_MOV && is_register && insn->off)
		return write_special_move(insn, letter, out, size);
	if ((op == BPF_DIV || op == BPF_MOD) && insn->off == 1)
		is_signed = "s";
	else if (insn->off)
		return false;
	if (!sign)
		return false;
	if (is_register)
		snprintf(out, size, "%c%u %s%s %c%u", letter, insn->dst_reg, is_signed, sign, letter, insn->src_reg);
	else
		snprintf(out, size, "%c%u %s%s %d", letter, insn->dst_reg, is_signed, sign, insn->imm);
	return true;
}

static bool write_call(const struct bpf_insn *insns, uint32_t index, const struct lt_insn_names *names, char *out,
		       size_t size)
{
	const struct bpf_insn *insn = &insns[index];
	char name[160];

	if (insn->src_reg == CALL_FUNCTION) {
		/* once it is compiled, imm is the function's number; where it lies off still tells */
		int32_t distance = insn->off ? insn->off : insn->imm;

		if (!names->function || !names->function(names->data, index + 1 + distance, name, sizeof(name)))
			snprintf(name, sizeof(name), "?");
		snprintf(out, size, "call pc%+d#%s", distance, name);
	} else if (insn->src_reg == CALL_HELPER || insn->src_reg == CALL_KFUNC) {
		if (!names->call || !names->call(names->data, insn, name, sizeof(name)))
			snprintf(name, sizeof(name), "unknown#%d", insn->imm);
		snprintf(out, size, "call %s", name);
	} else {
		return false;
	}
	return true;
}

static bool write_jump(const struct bpf_insn *insns, uint32_t index, const struct lt_insn_names *names, char *out,
		       size_t size)
{
	const struct bpf_insn *insn = &insns[index];
	bool narrow = BPF_CLASS(insn->code) == CLASS_JMP32, is_register = BPF_SRC(insn->code) == BPF_X;
	char letter = narrow ? 'w' : 'r';
	uint8_t op = BPF_OP(insn->code);

	if (op == JUMP_CALL)
		return !narrow && write_call(insns, index, names, out, size);
	if (op == JUMP_EXIT) {
		snprintf(out, size, "exit");
		return !narrow && !is_register;
	}
	if (op == JUMP_ALWAYS && is_register) {
		snprintf(out, size, "gotox r%u", insn->dst_reg);
		return !narrow;
	}
	if (op == JUMP_ALWAYS)
		snprintf(out, size, "goto%s pc%+d", narrow ? "l" : "", narrow ? insn->imm : insn->off);
	else if (op == JUMP_MAY && !narrow && !is_register && !insn->src_reg)
		snprintf(out, size, "may_goto pc%+d", insn->off);
	else if (!jump_signs[op >> 4])
		return false;
	else if (is_register)
		snprintf(out, size, "if %c%u %s %c%u goto pc%+d", letter, insn->dst_reg, jump_signs[op >> 4], letter,
			 insn->src_reg, insn->off);
	else
		snprintf(out, size, "if %c%u %s 0x%x goto pc%+d", letter, insn->dst_reg, jump_signs[op >> 4], insn->imm,
			 insn->off);
	return true;
}

static bool write_load(const struct bpf_insn *insn, char *out, size_t size)
{
	uint8_t mode = BPF_MODE(insn->code), step = BPF_SIZE(insn->code) >> 3;

	if (mode == MODE_MEMSX || mode == MODE_PROBE_SX) {
		if (step == 3)
			return false;
		snprintf(out, size, "r%u = *(%s *)(r%u %+d)", insn->dst_reg, signed_widths[step], insn->src_reg, insn->off);
		return true;
	}
	snprintf(out, size, "r%u = *(%s *)(r%u %+d)", insn->dst_reg, width(insn), insn->src_reg, insn->off);
	return mode == MODE_MEM || mode == MODE_PROBE;
}

static bool write_atomic(const struct bpf_insn *insn, char *out, size_t size)
{
	static const char *const signs[16] = { [0] = "+=", [4] = "|=", [5] = "&=", [10] = "^=" };
	static const char *const verbs[16] = { [0] = "add", [4] = "or", [5] = "and", [10] = "xor" };
	const char *wide = BPF_SIZE(insn->code) == BPF_DW ? "64" : "", *type = width(insn);
	uint32_t op = (uint32_t)insn->imm;
	bool is_full = BPF_SIZE(insn->code) == BPF_DW || BPF_SIZE(insn->code) == BPF_W;

	if (op == LOAD_ACQUIRE)
		snprintf(out, size, "r%u = load_acquire((%s *)(r%u %+d))", insn->dst_reg, type, insn->src_reg, insn->off);
	else if (op == STORE_RELEASE)
		snprintf(out, size, "store_release((%s *)(r%u %+d), r%u)", type, insn->dst_reg, insn->off, insn->src_reg);
	else if (!is_full)
		return false;
	else if (op == CMPXCHG)
		snprintf(out, size, "r0 = atomic%s_cmpxchg((%s *)(r%u %+d), r0, r%u)", wide, type, insn->dst_reg, insn->off,
			 insn->src_reg);
	else if (op == XCHG)
		snprintf(out, size, "r%u = atomic%s_xchg((%s *)(r%u %+d), r%u)", insn->src_reg, wide, type, insn->dst_reg,
			 insn->off, insn->src_reg);
	else if (op & ~0xf1u || !verbs[op >> 4])
		return false;
	else if (op & FETCH)
		snprintf(out, size, "r%u = atomic%s_fetch_%s((%s *)(r%u %+d), r%u)", insn->src_reg, wide, verbs[op >> 4], type,
			 insn->dst_reg, insn->off, insn->src_reg);
	else
		snprintf(out, size, "lock *(%s *)(r%u %+d) %s r%u", type, insn->dst_reg, insn->off, signs[op >> 4],
			 insn->src_reg);
	return true;
}

static bool write_store(const struct bpf_insn *insn, char *out, size_t size)
{
	uint8_t mode = BPF_MODE(insn->code);
	bool is_constant = BPF_CLASS(insn->code) == BPF_ST;

	if (is_constant && mode == MODE_ATOMIC) {
		snprintf(out, size, "nospec");
		return true;
	}
	if (mode == MODE_ATOMIC)
		return write_atomic(insn, out, size);
	snprintf(out, size, is_constant ? "*(%s *)(r%u %+d) = %d" : "*(%s *)(r%u %+d) = r%d", width(insn), insn->dst_reg,
		 insn->off, is_constant ? insn->imm : insn->src_reg);
	return mode == MODE_MEM;
}

static void write_constant(const struct bpf_insn *insns, uint32_t index, const struct lt_insn_names *names, char *out,
			   size_t size)
{
	const struct bpf_insn *insn = &insns[index];
	uint32_t register_number = insn->dst_reg, next = (uint32_t)insn[1].imm;
	char name[160];

	if (insn->src_reg == IMM_MAP || insn->src_reg == IMM_MAP_VALUE) {
		if (!names->map || !names->map(names->data, (uint32_t)insn->imm, name, sizeof(name)))
			snprintf(name, sizeof(name), "id:%u", (uint32_t)insn->imm);
		if (insn->src_reg == IMM_MAP)
			snprintf(out, size, "r%u = map[%s]", register_number, name);
		else
			snprintf(out, size, "r%u = map[%s][0]+%u", register_number, name, next);
	} else if (insn->src_reg == IMM_FUNCTION && names->function &&
		   names->function(names->data, index + 1 + insn->imm, name, sizeof(name))) {
		snprintf(out, size, "r%u = func[%s]", register_number, name);
	} else {
		snprintf(out, size, "r%u = 0x%llx", register_number,
			 (unsigned long long)next << 32 | (uint32_t)insn->imm);
	}
}

/* What socket filters read packets by. */
static bool write_packet_load(const struct bpf_insn *insn, char *out, size_t size)
{
	if (BPF_SIZE(insn->code) == BPF_DW)
		return false;
	if (BPF_MODE(insn->code) == MODE_ABS)
		snprintf(out, size, "r0 = *(%s *)skb[%d]", width(insn), insn->imm);
	else
		snprintf(out, size, "r0 = *(%s *)skb[r%u + %d]", width(insn), insn->src_reg, insn->imm);
	return BPF_MODE(insn->code) == MODE_ABS || BPF_MODE(insn->code) == MODE_IND;
}

uint32_t lt_insn_write(const struct bpf_insn *insns, uint32_t index, uint32_t count, const struct lt_insn_names *names,
		       char *out, size_t size)
{
	const struct bpf_insn *insn = &insns[index];
	uint8_t bytes[sizeof(*insn)];
	bool written = false;

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case CLASS_ALU64:
		written = write_alu(insn, out, size);
		break;
	case BPF_JMP:
	case CLASS_JMP32:
		written = write_jump(insns, index, names, out, size);
		break;
	case BPF_LDX:
		written = write_load(insn, out, size);
		break;
	case BPF_ST:
	case BPF_STX:
		written = write_store(insn, out, size);
		break;
	case BPF_LD:
		if (insn->code == (BPF_LD | MODE_IMM | BPF_DW) && index + 1 < count && !insn[1].code) {
			write_constant(insns, index, names, out, size);
			return 2;
		}
		written = write_packet_load(insn, out, size);
	}
	if (written)
		return 1;
	memcpy(bytes, insn, sizeof(bytes));
	snprintf(out, size, "%02x %02x %02x %02x %02x %02x %02x %02x", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
		 bytes[5], bytes[6], bytes[7]);
	return 1;
}
