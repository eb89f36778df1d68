/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Programs: the forms that name what they attach to, and their arguments.
 */
#pragma once
#pragma clang system_header

#define TRACEPOINT_PROBE(category, event)                                                                           \
	int tracepoint__##category##__##event(struct tracepoint__##category##__##event *args)
#define RAW_TRACEPOINT_PROBE(event) int raw_tracepoint__##event(struct bpf_raw_tracepoint_args *ctx)
/* The function's arguments by name; the lowering reads them from the trampoline's array. */
#define KFUNC_PROBE(function, ...) int kfunc__vmlinux__##function(unsigned long long *ctx, ##__VA_ARGS__)
#define KRETFUNC_PROBE(function, ...) int kretfunc__vmlinux__##function(unsigned long long *ctx, ##__VA_ARGS__)

/* A tracepoint's variable-length field: `data_loc_NAME` holds its offset (low 16 bits) and length. */
#define TP_DATA_LOC_READ_CONST(dst, field, length)                                                                  \
	bpf_probe_read(dst, length, (void *)((char *)args + (args->data_loc_##field & 0xffff)))
#define TP_DATA_LOC_READ_STR(dst, field, length)                                                                    \
	bpf_probe_read_str(dst, length, (void *)((char *)args + (args->data_loc_##field & 0xffff)))

#if defined(__TARGET_ARCH_x86)
#define PT_REGS_PARM1(ctx) ((ctx)->di)
#define PT_REGS_PARM2(ctx) ((ctx)->si)
#define PT_REGS_PARM3(ctx) ((ctx)->dx)
#define PT_REGS_PARM4(ctx) ((ctx)->cx)
#define PT_REGS_PARM5(ctx) ((ctx)->r8)
#define PT_REGS_PARM6(ctx) ((ctx)->r9)
#define PT_REGS_RET(ctx) ((ctx)->sp)
#define PT_REGS_FP(ctx) ((ctx)->bp)
#define PT_REGS_RC(ctx) ((ctx)->ax)
#define PT_REGS_IP(ctx) ((ctx)->ip)
#define PT_REGS_SP(ctx) ((ctx)->sp)
#elif defined(__TARGET_ARCH_arm64)
#define PT_REGS_PARM1(ctx) ((ctx)->regs[0])
#define PT_REGS_PARM2(ctx) ((ctx)->regs[1])
#define PT_REGS_PARM3(ctx) ((ctx)->regs[2])
#define PT_REGS_PARM4(ctx) ((ctx)->regs[3])
#define PT_REGS_PARM5(ctx) ((ctx)->regs[4])
#define PT_REGS_PARM6(ctx) ((ctx)->regs[5])
#define PT_REGS_RET(ctx) ((ctx)->regs[30])
#define PT_REGS_FP(ctx) ((ctx)->regs[29])
#define PT_REGS_RC(ctx) ((ctx)->regs[0])
#define PT_REGS_IP(ctx) ((ctx)->pc)
#define PT_REGS_SP(ctx) ((ctx)->sp)
#endif
