/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Programs: the forms that name what they attach to, and their arguments.
 */
#pragma once
#pragma clang system_header

#define TRACEPOINT_PROBE(category, event)                                                                           \
	int tracepoint__##category##__##event(struct tracepoint__##category##__##event *args)
#define RAW_TRACEPOINT_PROBE(event) int raw_tracepoint__##event(struct bpf_raw_tracepoint_args *ctx)

/* Programs on trampolines name the function's arguments with their types; the lowering reads them from the trampoline's
 * array, which is `ctx`. KRETFUNC_PROBE names them all and then the result. */
#define __LT_TRAMPOLINE(name, ...) int name(unsigned long long *ctx, ##__VA_ARGS__)
#define MODULE_KFUNC_PROBE(module, function, ...)                                                                   \
	__LT_TRAMPOLINE(kfunc__##module##__##function, ##__VA_ARGS__)
#define MODULE_KRETFUNC_PROBE(module, function, ...)                                                                \
	__LT_TRAMPOLINE(kretfunc__##module##__##function, ##__VA_ARGS__)
#define KFUNC_PROBE(function, ...) MODULE_KFUNC_PROBE(vmlinux, function, ##__VA_ARGS__)
#define KRETFUNC_PROBE(function, ...) MODULE_KRETFUNC_PROBE(vmlinux, function, ##__VA_ARGS__)
/* Its result, unless 0, is what the function returns, without running. */
#define KMOD_RET(function, ...) __LT_TRAMPOLINE(kmod_ret__##function, ##__VA_ARGS__)
/* 0 allows, a negative errno denies. */
#define LSM_PROBE(hook, ...) __LT_TRAMPOLINE(lsm__##hook, ##__VA_ARGS__)
#define BPF_ITER(target) int bpf_iter__##target(struct bpf_iter__##target *ctx)

/* A tracepoint's variable-length field: `data_loc_NAME` holds its offset (low 16 bits) and length. TP_DATA_LOC_READ
 * reads what the record has and `dst`, if its size is known, has room for. */
#define TP_DATA_LOC_READ(dst, field)                                                                                \
	({                                                                                                          \
		u32 __length = (u32)args->data_loc_##field >> 16;                                                   \
		if (__length > __builtin_object_size(dst, 1))                                                       \
			__length = __builtin_object_size(dst, 1);                                                   \
		bpf_probe_read(dst, __length, (void *)((char *)args + (args->data_loc_##field & 0xffff)));          \
	})
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
#define __LT_SYSCALL_PARM4(ctx) ((ctx)->r10)
#define __LT_SYSCALL_PARM1(ctx) ((ctx)->di)
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
#define __LT_SYSCALL_PARM4(ctx) ((ctx)->regs[3])
#define __LT_SYSCALL_PARM1(ctx) ((ctx)->orig_x0)
#endif

/* A system call's function gets one argument, the registers of the caller; these read them. */
#define PT_REGS_SYSCALL_CTX(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))
#define PT_REGS_PARM1_SYSCALL(ctx) __LT_SYSCALL_PARM1(ctx)
#define PT_REGS_PARM2_SYSCALL(ctx) PT_REGS_PARM2(ctx)
#define PT_REGS_PARM3_SYSCALL(ctx) PT_REGS_PARM3(ctx)
#define PT_REGS_PARM4_SYSCALL(ctx) __LT_SYSCALL_PARM4(ctx)
#define PT_REGS_PARM5_SYSCALL(ctx) PT_REGS_PARM5(ctx)
#define PT_REGS_PARM6_SYSCALL(ctx) PT_REGS_PARM6(ctx)
