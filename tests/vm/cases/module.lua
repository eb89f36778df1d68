-- SPDX-License-Identifier: MIT
-- A type and a function of a module: fuse, through which a guest reaches its root (a module in 6.1, built in since).
local t = require "tap"
local BPF = require "luatrace"
local sh = require "sh"
local live = require "live"

live.needs "fentry"
local COUNT = 13

local b = BPF { cflags = { "-DPID=" .. live.pid }, text = [[
#include <linux/fs.h>
BPF_HASH(opened, u64, u64);
BPF_HASH(nodes, u64, u64);
MODULE_KFUNC_PROBE(fuse, fuse_open, struct inode *inode, struct file *file)
{
	struct fuse_inode *fuse = container_of(inode, struct fuse_inode, inode);
	u64 number = inode->i_ino, node = 0;

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	/* the verifier knows of the inode alone */
	bpf_probe_read_kernel(&node, sizeof(node), &fuse->nodeid);
	opened.increment(number);
	nodes.update(&number, &node);
	return 0;
}]] }
local path = "tests/vm/cases/module.lua"
for _ = 1, COUNT do
    assert(io.open(path)):close()
end
local _, inode = sh.run("stat -c %i " .. path)
t.eq(b.opened[tonumber(inode)], ffi.new("uint64_t", COUNT), "opened so often, by its inode number")
t.ok((b.nodes[tonumber(inode)] or 0) > 1, "a member of the module's struct")
b:close()

-- An object for any kernel, in which nothing says that a module has the type.
local object = sh.dir() .. "/fuse.o"
sh.write(sh.dir() .. "/fuse.c",
	"int kprobe__any(struct pt_regs *ctx, struct fuse_conn *c) { return c->max_read + c->minor; }\n")
local _, out, said = sh.run(("%s cc %s/fuse.c --portable -o %s && %s cc %s --load"):format(live.luatrace, sh.dir(),
	object, live.luatrace, object))
t.eq(out .. said, "kprobe__any kprobe loaded\n", "an object for any kernel has the module's types")


-- Each thing by itself, as long as it is all that is needed of the module. What is not so is refused.
local function holds(expression, flags)
	sh.write(sh.dir() .. "/fuse.c", ([[
struct task_struct___none { int lt_none; } __attribute__((preserve_access_index));
struct fuse_inode___own { u64 nodeid; } __attribute__((preserve_access_index));
enum fuse_own { FUSE_I_SIZE_UNSTABLE___own };
BPF_ARRAY(kept, u64, 1);
int kprobe__any(struct pt_regs *ctx, struct task_struct___none *none)
{
	struct fuse_inode___own *own = (void *)none;

	return %s ? 0 : none->lt_none;
}
]]):format(expression))
	_, out, said = sh.run(("%s cc %s/fuse.c %s -o %s && %s cc %s --load"):format(live.luatrace, sh.dir(), flags, object,
		live.luatrace, object))
	t.like(out .. said, "^kprobe__any kprobe loaded\n", expression .. " " .. flags)
end
for _, flags in ipairs { "", "--portable" } do
	holds("bpf_core_type_exists(struct fuse_inode___own)", flags)
	holds("bpf_core_type_exists(struct fuse_inode)", flags)
	holds("bpf_core_field_exists(own->nodeid)", flags)
	holds("({ u64 node = own->nodeid; kept.update(&(int){ 0 }, &node); 1; })", flags)
	holds("bpf_core_enum_value_exists(enum fuse_own, FUSE_I_SIZE_UNSTABLE___own)", flags)
	holds("(FUSE_I_SIZE_UNSTABLE < 64)", flags)
	holds("(sizeof(struct fuse_forget_link) > 8)", flags)
end

local ok, err = pcall(BPF, { text = "MODULE_KFUNC_PROBE(lt_nope, lt_no_function, int a) { return 0; }" })
t.ok(not ok, "a module that is not loaded is an error")
t.like(tostring(err),
    "fentry 'lt_nope:lt_no_function': module 'lt_nope' is not loaded; modprobe lt_nope", "its message")
t.done()
