-- SPDX-License-Identifier: MIT
-- Macros, constants and inline functions of the kernel's headers, by what they give here.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 7
local held = live.workload("getppid", COUNT)
local exe = ("/proc/%d/exe"):format(held.pid)
local function stat(format, path)
    return select(2, sh.run(("stat -L -c '%s' %s"):format(format, path))):gsub("%s+$", "")
end
local status = sh.read(("/proc/%d/status"):format(held.pid))
local function from_status(name)
    return tonumber(status:match("\n" .. name .. ":%s*(%d+)"))
end
local device = tonumber((stat("%d", exe)))

local truth = {
    size = tonumber((stat("%s", exe))),
    uid = tonumber((stat("%u", exe))),
    mode = tonumber((stat("%f", exe)), 16),
    inode = tonumber((stat("%i", exe))),
    -- as stat() encodes it: dddddMMMmm
    major = bit.band(bit.rshift(device, 8), 0xfff),
    minor = bit.bor(bit.band(device, 0xff), bit.band(bit.rshift(device, 12), 0xfff00)),
    types = 0x21, -- a regular file, executable
    pid = held.pid, ppid = from_status("PPid"),
    nice = tonumber(sh.read(("/proc/%d/stat"):format(held.pid)):match("%) " .. ("%S+ "):rep(16) .. "(%S+)")),
    threads = 1, init = 0, roots = 3,
    page_size = tonumber((select(2, sh.run("getconf PAGE_SIZE")))) or 4096,
    errors = 110 * 256 + 2, rounded = 3,
}

local TEXT = [[
#include <linux/sched.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/mount.h>
struct record {
    u64 size, inode;
    u32 uid, mode, major, minor, types, pid, ppid, threads, init, roots, page_size, errors, rounded;
    s32 nice;
};
BPF_PERF_OUTPUT(records);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
    struct file *file = current->mm->exe_file;
    struct inode *inode = file_inode(file);
    struct dentry *root = inode->i_sb->s_root, *dentry = file_dentry(file);
    struct record r = {
        .size = i_size_read(inode), .inode = inode->i_ino, .uid = i_uid_read(inode), .mode = inode->i_mode,
        .major = MAJOR(inode->i_sb->s_dev), .minor = MINOR(inode->i_sb->s_dev),
        .types = S_ISREG(inode->i_mode) | S_ISDIR(inode->i_mode) << 1 | S_ISLNK(inode->i_mode) << 2 |
            S_ISSOCK(inode->i_mode) << 3 | S_ISFIFO(inode->i_mode) << 4 | !!(inode->i_mode & S_IXUSR) << 5,
        .pid = task_tgid_nr(current), .ppid = task_ppid_nr(current), .threads = thread_group_leader(current),
        .init = is_global_init(current), .nice = task_nice(current), .page_size = PAGE_SIZE,
        .roots = IS_ROOT(root) | (d_inode(dentry) == inode) << 1,
        .errors = ETIMEDOUT << 8 | ENOENT, .rounded = DIV_ROUND_UP(13, 5),
    };

    if (bpf_get_current_pid_tgid() >> 32 == PID)
        records.perf_submit(args, &r, sizeof(r));
    return 0;
}
]]
local b = BPF { text = TEXT, cflags = { "-DPID=" .. held.pid } }
local count, wrong = 0, {}
b.records:open_perf_buffer(function(_, r)
    count = count + 1
    for name, want in pairs(truth) do
        local got = tonumber(r[name])
        wrong[name] = got ~= want and got or wrong[name]
    end
end)
t.eq(live.poll_through(b, held), COUNT, "the workload made its calls")
t.eq(count, COUNT, "one record each")
for name, want in pairs(truth) do
    t.eq(wrong[name] or want, want, name)
end
b:close()
t.done()
