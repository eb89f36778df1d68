-- SPDX-License-Identifier: MIT
-- What the verifier refuses of the kinds that only these kernels have: fentry, fexit, lsm, fmod_ret.
local t = require "tap"
local sh = require "sh"
local live = require "live"

local function load(text)
	local _, out = sh.run(("%s cc %s --load"):format(live.luatrace, live.file(text, "refused.c")))
	return out
end

local function refused(out, name, pattern, cause)
	local got = ("\n" .. out):match("\n" .. name .. " [%w_]+ refused: ([^\n]*)") or "no line"
	t.like(got, pattern, name)
	t.eq(got:sub(-#cause), cause, name .. ": what it means")
end

local out = load [[
BPF_PERF_OUTPUT(events);
KFUNC_PROBE(vfs_read, struct file *file)
{
	char path[64];

	bpf_d_path(&file->f_path, path, sizeof(path));
	return 0;
}
BPF_ITER(task)
{
	return 5;
}
SEC("fentry.s/vfs_read")
int waits(u64 *ctx)
{
	return 0;
}
SEC("lsm.s/file_open")
int waits_to_output(u64 *ctx)
{
	u64 x = 1;

	bpf_perf_event_output(ctx, &__lt_map_events, 0xffffffffull, &x, 8);
	return 0;
}
SEC("fmod_ret/vfs_read")
int replaces(u64 *ctx)
{
	return 0;
}
static __attribute__((noinline)) int inner(int n)
{
	asm volatile("*(u64 *)(r10 - 400) = %0" : : "r"(7ull) : "memory");
	return n + bpf_get_prandom_u32();
}
int large(struct pt_regs *ctx)
{
	asm volatile("*(u64 *)(r10 - 400) = %0" : : "r"(7ull) : "memory");
	return inner(bpf_get_prandom_u32()) * 3;
}
]]
refused(out, "kfunc__vmlinux__vfs_read", "^helper call is not allowed in probe %(line 6: bpf_d_path",
	"the kernel allows this helper in a few functions only, not in the one that is traced")
refused(out, "bpf_iter__task", "^At program exit the register R0 has .*5.* should have been in .0",
	"the program's return value is not one that this kind may have: see the range")
refused(out, "waits", "^vfs_read is not sleepable",
	"this function is not one that a program may wait in: drop the .s of its SEC()")
refused(out, "waits_to_output", "^Sleepable programs can only use array, hash",
	"a program that may wait takes no map of that type")
refused(out, "replaces", "^vfs_read%(%) is not modifiable",
	"the kernel lets programs replace the result of few functions only")
refused(out, "large", "^combined stack size of 2 calls is 8%d%d%. Too large",
	"the functions that call each other have more local variables than 512 bytes: move large ones into a map's value, or "
	.. "drop noinline")

out = load [[
#define BPF_LICENSE Proprietary
SEC("lsm/file_open")
int secret(u64 *ctx)
{
	return 0;
}
]]
refused(out, "secret", "^LSM programs must have a GPL compatible license",
	"the text declares a licence that is not GPL's (BPF_LICENSE), and programs of this kind need it")
t.done()
