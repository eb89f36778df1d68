-- SPDX-License-Identifier: MIT
-- What programs read through kernel pointers, beside what is known of the same things from elsewhere. Each case is a
-- program that runs once, when this process calls getppid() of the C library, and leaves a number or a string.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"

live.needs "uprobe"
ffi.cdef [[
int getppid(void);
int setegid(unsigned gid);
int getpid(void);
int socket(int domain, int type, int protocol);
int setsockopt(int fd, int level, int name, const void *value, unsigned size);
int bind(int fd, const void *address, unsigned size);
int listen(int fd, int backlog);
int getsockname(int fd, void *address, unsigned *size);
int open(const char *path, int flags, ...);
int nice(int);
int prctl(int option, ...);
struct truth_sockaddr { uint16_t family, port; uint8_t address[4]; char zero[8]; };
struct truth_rlimit { uint64_t current, most; };
int getrlimit(int resource, struct truth_rlimit *limit);
]]
local C = ffi.C

-- What the kernel shall have to tell: a TCP socket with options and an address, a file at an offset.
local TCP = C.socket(2, 1, 0)
local one = ffi.new("int[1]", 1)
assert(C.setsockopt(TCP, 1, 2, one, 4) == 0)	-- SO_REUSEADDR
assert(C.setsockopt(TCP, 1, 36, ffi.new("int[1]", 0x1234), 4) == 0)	-- SO_MARK
local address = ffi.new("struct truth_sockaddr", { family = 2, address = { 127, 0, 0, 1 } })
assert(C.bind(TCP, address, 16) == 0)
assert(C.listen(TCP, 7) == 0)
assert(C.getsockname(TCP, address, ffi.new("unsigned[1]", 16)) == 0)
local port = tonumber(bit.rshift(bit.bswap(address.port), 16))
local scratch = sh.dir() .. "/a file of a known name"
sh.write(scratch, "0123456789")
local FILE = C.open(scratch, 2)
C.prctl(15, ffi.cast("const char *", "truth \226\134\146 comm"))	-- PR_SET_NAME
assert(C.setegid(12345) == 0)
C.nice(-5)

local function first(path, pattern)
	return sh.read(path):match(pattern)
end
local function shell(command)
	return (select(2, sh.run(command)):gsub("\n$", ""))
end
local function fields_of_stat()
	local rest, out = sh.read("/proc/self/stat"):match("^.*%) (.*)$"), {}
	for word in rest:gmatch("%S+") do
		out[#out + 1] = word
	end
	return out	-- [1] is field 3 of proc(5)
end
local stat = fields_of_stat()
local pid = C.getpid()
local limit = ffi.new("struct truth_rlimit")
assert(C.getrlimit(7, limit) == 0)

-- What every case may use.
local PRELUDE = [[
#include <linux/sched.h>
#include <linux/fs.h>
#include <linux/fdtable.h>
#include <net/sock.h>
struct text { char bytes[64]; };
BPF_ARRAY(numbers, u64, 64);
BPF_ARRAY(strings, struct text, 64);
BPF_HASH(pointers, u32, struct task_struct *);
BPF_HASH(socks, u32, struct sock *);
static struct task_struct *me(void) { return (struct task_struct *)bpf_get_current_task(); }
static struct file *file_of(int fd) { return me()->files->fdt->fd[fd]; }
static struct sock *sock_of(int fd) { struct socket *s = file_of(fd)->private_data; return s->sk; }
/* the second is called with the program's memory only, the first with both */
static __noinline u64 seven_of(u64 *seven) { return *seven; }
static __noinline u64 pid_of(struct task_struct *task, u64 *seven) { return task->tgid + *seven; }
static void number(int slot, u64 value) { numbers.update(&slot, &value); }
static void string(int slot, const void *from)
{
	struct text t = {};

	bpf_probe_read_kernel_str(&t.bytes, sizeof(t.bytes), from);
	strings.update(&slot, &t);
}
]]

local cases = {}
local function case(name, body, expected)
	cases[#cases + 1] = { name = name, body = body, expected = expected }
end

case("a chain of pointers: the parent", "number(SLOT, me()->real_parent->tgid);", C.getppid())
case("a chain behind two helpers: the parent's parent", "number(SLOT, me()->real_parent->real_parent->tgid);",
	first("/proc/" .. C.getppid() .. "/stat", "%) %S (%d+)"))
case("a struct in a struct: credentials", "number(SLOT, me()->cred->egid.val);", 12345)
case("an array of characters", "string(SLOT, me()->comm);", first("/proc/self/comm", "^(.*)\n"))
case("an array of characters by index", [[
	struct task_struct *task = me();
	u64 sum = 0;

	for (int i = 0; i < 6; i++)
		sum = sum * 256 + (u8)task->comm[i];
	number(SLOT, sum);]], (function()
		local sum = 0ULL
		for i = 1, 6 do
			sum = sum * 256 + sh.read("/proc/self/comm"):byte(i)
		end
		return sum
	end)())
case("an array in a struct, by an index of run time", [[
	struct pid *id = me()->thread_pid;

	number(SLOT, id->numbers[id->level].nr);]], pid)
case("an array of structs", "number(SLOT, me()->signal->rlim[7].rlim_cur);", limit.current)
case("a double pointer: a file's inode", "number(SLOT, file_of(" .. FILE .. ")->f_inode->i_ino);",
	shell("stat -c %i '" .. scratch .. "'"))
case("a 64-bit signed number", "number(SLOT, file_of(" .. FILE .. ")->f_inode->i_size);", 10)
case("a name behind a pointer", "string(SLOT, file_of(" .. FILE .. ")->f_path.dentry->d_name.name);",
	"a file of a known name")
case("a mode", "number(SLOT, file_of(" .. FILE .. ")->f_inode->i_mode & 0777);",
	tonumber(shell("stat -c %a '" .. scratch .. "'"), 8))
case("a struct that is copied", [[
	struct qstr name = file_of(]] .. FILE .. [[)->f_path.dentry->d_name;

	number(SLOT, name.len);]], #"a file of a known name")
case("a large struct that is copied", [[
	struct sock_common common = sock_of(]] .. TCP .. [[)->__sk_common;

	number(SLOT, common.skc_num);]], port)
case("a union: both halves", "number(SLOT, sock_of(" .. TCP .. ")->__sk_common.skc_portpair >> 16);", port)
case("a union: addresses", "number(SLOT, sock_of(" .. TCP .. ")->__sk_common.skc_addrpair >> 32);",
	tonumber(ffi.cast("uint32_t *", address.address)[0]))
case("a bitfield of four bits", "number(SLOT, sock_of(" .. TCP .. ")->__sk_common.skc_reuse);", 1)
case("a bitfield of one bit", "number(SLOT, sock_of(" .. TCP .. ")->__sk_common.skc_reuseport);", 0)
case("an enumerator and a small field", "number(SLOT, sock_of(" .. TCP .. ")->__sk_common.skc_state == TCP_LISTEN);", 1)
case("an accessor of the kernel's headers", "number(SLOT, sock_of(" .. TCP .. ")->sk_family);", 2)
case("a number beyond a cast to a larger struct",
	"number(SLOT, ((struct inet_sock *)sock_of(" .. TCP .. "))->inet_sport);", address.port)
case("a short field", "number(SLOT, sock_of(" .. TCP .. ")->sk_max_ack_backlog);", 7)
case("an option that was set", "number(SLOT, sock_of(" .. TCP .. ")->sk_mark);", 0x1234)
case("one of two pointers", [[
	struct task_struct *task = bpf_get_prandom_u32() == 12345678 ? me()->group_leader : me()->real_parent;

	number(SLOT, task->tgid);]], C.getppid())
case("a pointer that changes in a loop", [[
	struct task_struct *task = me();

	for (int i = 0; i < 2; i++)
		task = task->real_parent;
	number(SLOT, task->tgid);]], first("/proc/" .. C.getppid() .. "/stat", "%) %S (%d+)"))
case("a pointer kept in a map", [[
	u32 key = SLOT;
	struct task_struct *task = me(), **kept;

	pointers.update(&key, &task);
	kept = pointers.lookup(&key);
	if (kept)
		number(SLOT, (*kept)->real_parent->tgid);]], C.getppid())
case("a pointer kept in a map by another program", [[
	u32 key = 1000;
	struct sock **kept = socks.lookup(&key);

	if (kept)
		number(SLOT, (*kept)->__sk_common.skc_num);]], port)
case("a list's head and container_of", [[
	struct list_head *first = me()->real_parent->children.next;
	struct task_struct *child = container_of(first, struct task_struct, sibling);
	u64 found = 0;

	for (int i = 0; i < 64; i++) {
		if (child->tgid == (u32)bpf_get_current_pid_tgid())
			found = 1;
		first = child->sibling.next;
		child = container_of(first, struct task_struct, sibling);
	}
	number(SLOT, found);]], 1)
case("namespaces", "number(SLOT, me()->nsproxy->mnt_ns->ns.inum);", shell("readlink /proc/self/ns/mnt"):match("%d+"))
case("memory", "number(SLOT, me()->mm->arg_start);", stat[46])
case("memory: two fields, subtracted", "number(SLOT, me()->mm->env_end - me()->mm->env_start);",
	tonumber(stat[49]) - tonumber(stat[48]))
case("strings of the system", "string(SLOT, me()->nsproxy->uts_ns->name.release);", shell("uname -r"))
case("priorities: signed numbers", "number(SLOT, (s64)(me()->static_prio - 120));", stat[17])
case("a directory", "string(SLOT, me()->fs->pwd.dentry->d_name.name);", shell("basename \"$(pwd -P)\""))
case("a file's flags through two casts", [[
	void *opaque = file_of(]] .. FILE .. [[);
	unsigned long as_number = (unsigned long)opaque;

	number(SLOT, ((struct file *)as_number)->f_flags & 3);]], 2)
case("an address of a member, read by a helper", [[
	u64 size = 0;

	bpf_probe_read_kernel(&size, sizeof(size), &file_of(]] .. FILE .. [[)->f_inode->i_size);
	number(SLOT, size);]], 10)
case("a byte before a member", [[
	struct sock *sk = sock_of(]] .. TCP .. [[);
	u8 *at = (u8 *)&sk->__sk_common.skc_state;

	number(SLOT, *at == TCP_LISTEN && *(&sk->__sk_common.skc_state) == *at);]], 1)
case("a pointer that leads nowhere is 0", "struct task_struct *none = (void *)8; number(SLOT, none->tgid + 1);", 1)
case("memory of the user", [[
	/* the C library's environment: a double pointer of the process */
	const char *name = (const char *)me()->mm->arg_start;
	char text[8] = {};

	bpf_probe_read_user(text, 4, name);
	number(SLOT, text[0] != 0 && *name == text[0]);]], 1)
case("a function that is not inlined, given the kernel's memory and the program's", [[
	u64 seven = 7;

	number(SLOT, pid_of(me(), &seven) + seven_of(&seven));]], pid + 14)
-- 5 or 6, which nobody knows before
local SIZE = "u64 size = me()->comm[0] == 't' ? bpf_get_prandom_u32() % 2 + 5 : 0;\n"
case("a copy of as many bytes as run time tells", SIZE .. [[
	char from[16] = "abcdefghijklmno", to[16] = {};

	for (u64 i = 0; i < size; i++)
		to[i] = from[i];
	string(SLOT, to[5] == 'f' || to[5] == 0 ? (to[5] = 0, to) : "wrong");]], "abcde")
case("a fill of as many bytes as run time tells", SIZE .. [[
	char text[16] = "abcdefghijklmno";

	__builtin_memset(text, '-', size);
	text[5] = 0;
	string(SLOT, text);]], "-----")
case("a 128-bit product", [[
	unsigned __int128 wide = (unsigned __int128)me()->mm->arg_start * 1;

	number(SLOT, (u64)wide);]], stat[46])

local text, functions = { PRELUDE, [[
int keep_sock(struct pt_regs *ctx)
{
	u32 key = 1000;
	struct sock *sk = sock_of(]] .. TCP .. [[);

	socks.update(&key, &sk);
	return 0;
}]] }, { "keep_sock" }
for i, one_case in ipairs(cases) do
	functions[#functions + 1] = "case" .. i
	text[#text + 1] = ("int case%d(struct pt_regs *ctx)\n{\n%s\n\treturn 0;\n}"):format(i,
		(one_case.body:gsub("%f[%w_]SLOT%f[^%w_]", tostring(i))))
end
local b = BPF { text = table.concat(text, "\n") }
for _, fn in ipairs(functions) do
	b:attach_uprobe { name = "c", sym = "getppid", fn_name = fn, pid = pid }
end
C.getppid()
C.getppid()
for i, one_case in ipairs(cases) do
	local want = one_case.expected
	if one_case.body:find("string(", 1, true) then
		t.eq(ffi.string(b.strings[i].bytes), want, one_case.name)
	else
		local got = b.numbers[i]
		want = ffi.cast("uint64_t", ffi.cast("int64_t", tonumber(want)))
		t.ok(got == want, ("%s: %s, want %s"):format(one_case.name, tostring(got), tostring(want)))
	end
end
b:close()
t.done()
