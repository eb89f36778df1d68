-- SPDX-License-Identifier: MIT
-- Kernel objects that the verifier knows, in iterators: whatever C makes of one is a load where the verifier follows
-- it, and a probe read where it does not. One program a form, so that one that is refused is named.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"
live.needs "iter"

ffi.cdef [[
int socket(int, int, int);
int setsockopt(int, int, int, const void *, unsigned);
int bind(int, const void *, unsigned);
int pipe(int *);
int open(const char *, int);
]]
local AF_INET, SOCK_DGRAM, IPPROTO_UDP, SOL_SOCKET, SO_REUSEADDR, SO_REUSEPORT = 2, 2, 17, 1, 2, 15
local S_IFSOCK, MEMORY_DEVICES, PIPE_PAGES = 0xc000 / 0x1000, 0x100000, 16

local sock, fds, one = ffi.C.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP), ffi.new "int[2]", ffi.new("int[1]", 1)
ffi.C.setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, one, 4)
ffi.C.setsockopt(sock, SOL_SOCKET, SO_REUSEPORT, one, 4)
ffi.C.bind(sock, ffi.new("uint8_t[16]", { AF_INET, 0, 0, 0, 127, 0, 0, 1 }), 16)
ffi.C.pipe(fds)
local null = ffi.C.open("/dev/null", 0)
local children = {}
for i = 1, 3 do
	children[i] = io.popen("read line", "w")
end

local comm = sh.read("/proc/self/comm"):gsub("\n", "")
local comm_sum = 0
for i = 1, #comm do
	comm_sum = comm_sum + comm:byte(i)
end
local generations, at = 0, live.pid
while at ~= 1 and at ~= 0 do
	at = tonumber(sh.read(("/proc/%d/status"):format(at)):match "PPid:%s*(%d+)")
	generations = generations + 1
end
local mount = tonumber(sh.read(("/proc/self/fdinfo/%d"):format(null)):match "mnt_id:%s*(%d+)")

-- A form's name, the descriptor that it is asked of, the expression and its value.
local forms = {
	-- members that lead nowhere for the verifier
	{ "void_pointer", sock, "((struct socket *)file->private_data)->sk->sk_protocol", IPPROTO_UDP },
	{ "void_pointer_kept", sock, "({ struct socket *s = file->private_data; s->sk->sk_protocol; })", IPPROTO_UDP },
	{ "void_pointer_copy", sock, "({ struct socket s = *SOCKET(file); s.sk->sk_protocol; })", IPPROTO_UDP },
	{ "unsigned_long", sock, "*(char *)task->mm->arg_start", sh.read("/proc/self/cmdline"):byte() },
	{ "char_pointer", null, "file->f_path.dentry->d_name.name[2]", ("null"):byte(3) },
	{ "char_pointer_at", null, "file->f_path.dentry->d_name.name[fd & 1]", ("null"):byte(null % 2 + 1) },
	{ "pointers", sock, "task->files->fdt->fd[fd]->f_inode == file->f_inode", 1 },
	{ "pointers_first", sock, "(*task->files->fdt->fd)->f_inode != 0", 1 },
	{ "longs", sock, "task->files->fdt->open_fds[fd / 64] >> fd % 64 & 1", 1 },
	{ "union_first", fds[0], "file->f_inode->i_pipe->ring_size", PIPE_PAGES },
	{ "union_second", null, "file->f_inode->i_cdev->dev", MEMORY_DEVICES },
	-- offsets
	{ "array", sock, "task->signal->pids[PIDTYPE_TGID]->numbers[0].nr", live.pid },
	{ "array_at", sock, "({ struct pid *p = task->signal->pids[PIDTYPE_TGID]; p->numbers[p->level].nr; })", live.pid },
	{ "array_of_pointers_at", sock, "task->signal->pids[(fd & 0) + PIDTYPE_TGID]->numbers[0].nr", live.pid },
	{ "signed_index", sock, "({ int i = task->pid - task->tgid; task->comm[i]; })", comm:byte(1) },
	{ "loop", sock, "({ int n = 0; for (int i = 0; i < 16; i++) n += task->comm[i]; n; })", comm_sum },
	{ "container_before", sock, "container_of(file->f_inode, struct socket_alloc, vfs_inode)->socket.type", SOCK_DGRAM },
	{ "container_same", sock, "container_of(&file->f_path, struct file, f_path)->f_inode == file->f_inode", 1 },
	{ "container_mount", null, "container_of(file->f_path.mnt, struct mount, mnt)->mnt_id", mount },
	{ "address", sock, "({ struct path *p = &file->f_path; p->dentry->d_inode == file->f_inode; })", 1 },
	{ "list", sock, [[({
		struct list_head *l = task->children.next;
		int n = 0;

		for (int i = 0; i < 64 && l != &task->children; i++, l = l->next)
			n += is_shell(list_entry(l, struct task_struct, sibling));
		n; })]], #children },
	{ "list_of_entries", sock, [[({
		struct task_struct *c;
		int n = 0, i = 0;

		list_for_each_entry(c, &task->children, sibling) {
			if (i++ == 64)
				break;
			n += is_shell(c);
		}
		n; })]], #children },
	{ "parents", sock, [[({
		struct task_struct *p = task;
		int n = 0;

		for (int i = 0; i < 64 && p->tgid > 1; i++, n++)
			p = p->real_parent;
		n; })]], generations },
	-- casts
	{ "larger", sock, "WITH_SOCK(inet_sk(sk)->inet_rcv_saddr)", 0x0100007f },
	{ "volatile", sock, "((volatile struct file *)file)->f_inode->i_mode >> 12", S_IFSOCK },
	{ "volatile_pointer", sock, "(*(struct inode *const volatile *)&file->f_inode)->i_mode >> 12", S_IFSOCK },
	{ "star", sock, "(*file).f_inode->i_mode >> 12", S_IFSOCK },
	-- members that are no words
	{ "bits", sock, "WITH_SOCK(sk->__sk_common.skc_reuse)", 1 },
	{ "bit", sock, "WITH_SOCK(sk->__sk_common.skc_reuseport)", 1 },
	{ "bit_not_set", sock, "WITH_SOCK(sk->__sk_common.skc_ipv6only)", 0 },
	{ "array_in_union", sock, "WITH_SOCK(sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[1])", 0 },
	{ "whole", sock, "({ struct inode i = *file->f_inode; i.i_mode >> 12; })", S_IFSOCK },
	{ "copy", sock, "({ char c[16]; __builtin_memcpy(c, task->comm, 16); c[1]; })", comm:byte(2) },
	{ "half_a_pointer", sock, "(u32)(u64)file->f_inode == (u32)(u64)file->f_path.dentry->d_inode", 1 },
	-- one or the other
	{ "either_known", sock, "(fd & 1 ? file->f_inode : file->f_path.dentry->d_inode)->i_mode >> 12", S_IFSOCK },
	{ "either_void", sock, [[({
		struct socket *s = fd & 1 ? (struct socket *)file->private_data : bpf_sock_from_file(file);

		s ? s->sk->sk_protocol : 0; })]], IPPROTO_UDP },
	{ "either_own", sock, [[({
		struct inode own = {}, *i = fd > 1000000 ? &own : file->f_inode;

		i->i_mode >> 12; })]], S_IFSOCK },
	{ "either_member", sock, "({ u64 v; if (fd & 1) v = task->pid; else v = task->tgid; v; })", live.pid },
	{ "either_load", sock, [[({
		u32 key = 0, *own = numbers.lookup(&key);
		u64 v = 0;

		if (own && task->flags & PF_KTHREAD)
			v = *own;
		else if (own)
			v = *(u32 *)&task->pid;
		v; })]], live.pid },
	-- elsewhere
	{ "map", sock, [[({
		u32 key = 1;
		struct file **kept;

		files.update(&key, &file);
		kept = files.lookup(&key);
		kept ? (*kept)->f_inode->i_mode >> 12 : 0; })]], S_IFSOCK },
	{ "noinline", sock, "mode_of(file->f_inode)", S_IFSOCK },
	{ "noinline_both", sock, "mode_of_any(file->f_inode) + mode_of_any(SOCKET(file)->file->f_inode)", 2 * S_IFSOCK },
	{ "noinline_struct", sock, "({ struct pair pair = { file, task }; of_pair(&pair); })", S_IFSOCK + live.pid },
	{ "noinline_returns", sock, "inode_of(file)->i_mode >> 12", S_IFSOCK },
	-- addresses that are computed with
	{ "hash", sock, "({ u64 h = (u64)file >> 6 ^ (u64)file->f_inode * 61; h != 0; })", 1 },
	{ "half_and_more", sock, "(u32)(u64)file + 3 - (u32)(u64)task != 0", 1 },
	{ "context_bits", sock, "(u64)ctx & 7", 0 },
	{ "low_bits", sock, "((struct inode *)((u64)file->f_inode & ~7ull))->i_mode >> 12", S_IFSOCK },
	{ "difference", sock, "(u64)&file->f_path - (u64)file == offsetof(struct file, f_path)", 1 },
	{ "noinline_hash", sock, "mix((u64)file->f_inode) != 0", 1 },
	{ "array_hash", sock, [[({
		u64 both[2] = { (u64)file, (u64)task }, h = 0;

		for (int i = 0; i < 2; i++)
			h = h * 31 + both[i];
		h != 0; })]], 1 },
	{ "either_hash", sock, "({ u64 v = fd & 1 ? (u64)file : task->start_time; (v >> 5) != 0; })", 1 },
	{ "stack_hash", sock, "({ u32 key = 2; files.update(&key, &file); ((u64)file >> 5) != 0; })", 1 },
}

local text = { [[
#include <linux/sched.h>
#include <linux/fs.h>
#include <linux/fdtable.h>
#include <linux/net.h>
#include <linux/pipe_fs_i.h>
#include <net/sock.h>
#include <net/inet_sock.h>
BPF_HASH(files, u32, struct file *);
BPF_ARRAY(numbers, u32, 1);
struct pair { struct file *file; struct task_struct *task; };
#define SOCKET(file) ((struct socket *)(file)->private_data)
#define WITH_SOCK(value) ({                                             \
	struct socket *of_file = bpf_sock_from_file(file);              \
	struct sock *sk = of_file ? of_file->sk : 0;                    \
	of_file ? value : -1; })
static __noinline int mode_of(struct inode *inode) { return inode->i_mode >> 12; }
static __noinline int mode_of_any(struct inode *inode) { return inode->i_mode >> 12; }
static __noinline int of_pair(struct pair *pair) { return (pair->file->f_inode->i_mode >> 12) + pair->task->tgid; }
static __noinline struct inode *inode_of(struct file *file) { return file->f_inode; }
static __noinline u64 mix(u64 value) { return value * 0x9e3779b97f4a7c15 >> 3; }
static int is_shell(struct task_struct *task)
{
	return task->comm[0] == 's' && task->comm[1] == 'h' && !task->comm[2];
}
]] }
for _, form in ipairs(forms) do
	text[#text + 1] = ([[
SEC("iter/task_file")
int form_%s(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct task_struct *task = ctx->task;
	u32 fd = ctx->fd;

	if (!file || !task || task->pid != %d || fd != %d)
		return 0;
	long long value = %s;
	BPF_SEQ_PRINTF(ctx->meta->seq, "%%lld\n", value);
	return 0;
}]]):format(form[1], live.pid, form[2], form[3])
end
local b = BPF { text = table.concat(text, "\n") }
for _, form in ipairs(forms) do
	local _, said = pcall(b.read_iter, b, "form_" .. form[1])
	t.eq(said, form[4] .. "\n", form[1])
end
b:close()
for _, child in ipairs(children) do
	child:close()
end
t.done()
