-- SPDX-License-Identifier: MIT
-- Members that this kernel has under another name or in another place than texts say. Which those are depends on the
-- kernel, so every case first asks which name it has.
local t = require "tap"
local run = require("cc").run

local function cc(text, flags)
    local status, _, messages = run(text, "-v " .. (flags or ""))
    return status, messages
end

local tags = { "task_struct", "mm_struct", "cfs_rq", "kernfs_node", "iov_iter", "page", "dentry", "file", "file_lock",
    "inode", "request", "request_queue" }
local _, slice = run("struct " .. table.concat(tags, ";\nstruct ") .. ";\nint f(void *ctx) { return 0; }\n",
    "--emit=slice")

-- Whether this kernel's struct has a member, or what begins a path to one.
local function has(tag, member)
    local body = slice:match("\nstruct " .. tag .. " {\n(.-)\n}")
    return body and body:find("[ *)]" .. member:match "^[%w_]+" .. "[;%[:]") ~= nil
end
t.ok(has("task_struct", "pid") and not has("task_struct", "lt_none"), "the kernel's structs are seen")

-- A text that asserts something of `tag.said`, for a kernel that has `now` instead, and the note that -v gives.
local function alias(tag, said, now, note, text)
    if has(tag, said) or not has(tag, now) then
        return
    end
    local status, messages = cc(text)
    t.eq(messages, ("note: %s.%s: this kernel has it as %s\n"):format(tag, said, note), tag .. "." .. said)
    t.eq(status, 0, tag .. "." .. said .. ": status")
end

local function renamed(tag, old, new)
    for _, pair in ipairs { { old, new }, { new, old } } do
        alias(tag, pair[1], pair[2], ("%s.%s"):format(tag, pair[2]), ([[
_Static_assert(offsetof(struct %s, %s) == offsetof(struct %s, %s), "");
int f(struct pt_regs *ctx, struct %s *s) { return sizeof(s->%s); }
]]):format(tag, pair[1], tag, pair[2], tag, pair[1]))
    end
end

renamed("task_struct", "state", "__state")
renamed("task_struct", "real_start_time", "start_boottime")
renamed("task_struct", "cpus_allowed", "cpus_mask")
renamed("mm_struct", "mmap_sem", "mmap_lock")
renamed("cfs_rq", "nr_running", "nr_queued")
renamed("cfs_rq", "h_nr_running", "h_nr_queued")
renamed("kernfs_node", "parent", "__parent")
renamed("iov_iter", "iov", "__iov")
renamed("page", "index", "__folio_index")
alias("task_struct", "cpu", "thread_info.cpu", "task_struct.thread_info.cpu", [[
_Static_assert(offsetof(struct task_struct, cpu) == offsetof(struct task_struct, thread_info.cpu), "");
int f(struct pt_regs *ctx, struct task_struct *s) { return s->cpu; }]])
alias("dentry", "d_iname", "d_shortname.string", "dentry.d_shortname.string", [[
_Static_assert(sizeof(((struct dentry *)0)->d_iname) == sizeof(((struct dentry *)0)->d_shortname), "");
int f(struct pt_regs *ctx, struct dentry *s) { return s->d_iname[3]; }]])
alias("file", "f_dentry", "f_path.dentry", "file.f_path.dentry", [[
int f(struct pt_regs *ctx, struct file *s) { return s->f_dentry->d_flags; }]])
alias("file_lock", "fl_flags", "c.flc_flags", "file_lock.c.flc_flags", [[
int f(struct pt_regs *ctx, struct file_lock *s) { return s->fl_flags; }]])
alias("inode", "i_mtime", "i_mtime_sec", "members of inode: tv_sec=i_mtime_sec,tv_nsec=i_mtime_nsec", [[
_Static_assert(offsetof(struct inode, i_mtime.tv_sec) == offsetof(struct inode, i_mtime_sec), "");
_Static_assert(offsetof(struct inode, i_mtime.tv_nsec) == offsetof(struct inode, i_mtime_nsec), "");
int f(struct pt_regs *ctx, struct inode *s) { return s->i_mtime.tv_sec + s->i_mtime.tv_nsec; }]])
alias("inode", "i_mtime_sec", "i_mtime", "inode.i_mtime.tv_sec", [[
int f(struct pt_regs *ctx, struct inode *s) { return s->i_mtime_sec; }]])

-- nothing else of the structs moves
if has("task_struct", "__state") then
    local status, messages = cc([[
struct task_struct *task;
int f(struct pt_regs *ctx, struct task_struct *s) { return s->state + s->cpu; }]], "-DLT_CHECK_SLICE -Werror")
    t.eq(status, 0, "every member of an aliased struct is where it was: " .. messages)
end

-- behind a pointer, whatever else the text calls so
local function code(text)
    local status, out, messages = run(text, "--emit=asm")
    t.eq(status, 0, "it compiles: " .. messages)
    out = out:match "\nf:.-\n%.Lfunc_end"
    return out:gsub("\n[^\n]*Ltmp[^\n]*", ""):gsub("\n%s*%.[^\n]*", ""):gsub("#[^\n]*", "")
end
alias("request", "rq_disk", "q", "request.q->disk", [[
struct mine { struct gendisk *rq_disk; };
int f(struct pt_regs *ctx, struct request *s)
{
	struct gendisk *rq_disk = s->rq_disk;
	struct mine m = { .rq_disk = rq_disk };

	return m.rq_disk->major;
}]])
if has("request_queue", "disk") and not has("request", "rq_disk") then
    local moved = code "int f(struct pt_regs *ctx, struct request *s) { return s->rq_disk->major; }"
    t.eq(moved, code "int f(struct pt_regs *ctx, struct request *s) { return s->q->disk->major; }",
        "the code is the same")
    moved = code "void *f(struct pt_regs *ctx, struct request *s) { return &s->rq_disk; }"
    t.eq(moved, code "void *f(struct pt_regs *ctx, struct request *s) { return &s->q->disk; }", "so is its address's")
end

-- a struct of the text's own is as the text says
local status, messages = cc [[
struct request { int mine; };
int f(struct pt_regs *ctx, struct request *s) { return s->rq_disk; }]]
t.eq(status, 1, "a struct of the text's own: status")
t.like(messages, "no member named 'rq_disk' in 'struct request'", "a struct of the text's own")
status, messages = cc [[
struct task_struct { int __state; };
int f(struct pt_regs *ctx, struct task_struct *s) { return s->state; }]]
t.eq(status, 1, "the same, by a name in place: status")
t.ok(not messages:find("this kernel has it", 1, true), "the same, by a name in place")

-- names of the text's own stay as they are
status, messages = cc([[
struct mine { u32 state, cpu; };
BPF_HASH(h, u32, struct mine);
int f(struct pt_regs *ctx, struct task_struct *s)
{
	u32 cpu = s->cpu, state = s->state;
	struct mine m = { .state = state, .cpu = cpu };

	h.update(&cpu, &m);
	return 0;
}]])
t.eq(status, 0, "members and variables of the same names: " .. messages)
t.done()
