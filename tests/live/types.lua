-- SPDX-License-Identifier: MIT
-- The kernel's types as text: places and sizes are those that the compiler finds, structs are complete, ways lead where
-- they should, and nothing stays when they are dropped.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"
local types = require "luatrace.types"

-- Members, on what kernels have them in common, as the compiler places them.
local WANTED = {
	{ "task_struct", "pid", "tgid", "comm", "mm", "cred", "thread", "real_parent", "nsproxy" },
	{ "file", "f_op", "f_flags", "private_data" },
	{ "inode", "i_mode", "i_ino", "i_sb", "i_size" },
	{ "dentry", "d_name", "d_parent", "d_inode" },
	{ "super_block", "s_dev", "s_root", "s_magic" },
	{ "cred", "uid", "egid", "user_ns" },
	{ "sk_buff", "len", "data_len", "head", "data", "sk" },
	{ "sock", "sk_protocol", "sk_rcvbuf", "sk_socket" },
	{ "net_device", "name", "ifindex", "mtu" },
	{ "nsproxy", "count", "uts_ns", "net_ns" },
	{ "pid", "count", "level" },
	{ "rq", "nr_running", "curr", "clock" },
	{ "list_head", "next", "prev" },
}
local constants, names = {}, {}
for _, wanted in ipairs(WANTED) do
	local tag = wanted[1]
	constants[#constants + 1] = ("sizeof(struct %s)"):format(tag)
	names[#names + 1] = { tag }
	for i = 2, #wanted do
		local member = wanted[i]
		constants[#constants + 1] = ("__builtin_offsetof(struct %s, %s)"):format(tag, member)
		constants[#constants + 1] = ("sizeof(((struct %s *)0)->%s)"):format(tag, member)
		names[#names + 1] = { tag, member }
	end
end
local b = BPF { text = ("static volatile u64 places[] = { %s };\nint unused(struct pt_regs *ctx) { return places[0]; }")
	:format(table.concat(constants, ", ")) }
local at = 0
local function place()
	at = at + 1
	return tonumber(b.vars.places[at - 1])
end

-- What the description says of a member.
local function described(text, member)
	for line in text:gmatch "[^\n]+" do
		local name, offset, size = line:match "([%w_]+)[%[%]%d]*;%s+/%*%s+(%d+)%s+(%d+) %*/$"
		if name == member then
			return tonumber(offset), tonumber(size)
		end
	end
end

for _, name in ipairs(names) do
	local text = types.describe(name[1])
	if name[2] then
		local offset, size = described(text, name[2])
		local title = name[1] .. "." .. name[2]
		t.eq(offset, place(), title .. ": its offset")
		t.eq(size, place(), title .. ": its size")
		t.like(types.describe(title), ("\n    /%%* %%.%s: offset %s[, ]"):format(name[2], offset), title .. ": as a way")
	else
		t.eq(tonumber(text:match "\n/%* (%d+) bytes, "), place(), "struct " .. name[1] .. ": its size")
	end
end
b:close()

-- In structs without others in them, members, holes and what is left at the end follow each other without a gap.
local seen, bits_seen = 0, 0
local all = types.names("", 100000)
for i = 1, #all, 23 do
	local ok, text = pcall(types.describe, "struct " .. all[i])
	if ok and not text:find "\n */%* %d+ of %d+, of " and not text:find "{.*{" then
		local finish, count = 0, 0
		for line in text:gmatch "[^\n]+" do
			local byte, bit, colon, size, what = line:match "/%*%s+(%d+):?(%d*)%s+(:?)(%d+)([%s%a]*)%*/$"
			if byte then
				local offset = tonumber(byte) * 8 + (tonumber(bit) or 0)
				size = tonumber(size) * (colon == ":" and 1 or 8)
				if offset ~= finish then
					t.ok(false, ("struct %s: %s after %d bits"):format(all[i], line, finish))
				end
				finish, bits_seen = offset + size, bits_seen + #colon
				count = count + (what == " " and 1 or 0)
			end
		end
		local size, members = text:match "\n/%* (%d+) bytes?, [%w ]+, (%d+) member"
		if tonumber(size) * 8 ~= finish or tonumber(members) ~= count then
			t.ok(false, ("struct %s: %s bytes of %d bits, %s members of %d"):format(all[i], size, finish, members, count))
		end
		seen = seen + 1
	end
end
t.ok(seen > 150 and bits_seen > 20, ("%d structs without a gap, %d bit-fields"):format(seen, bits_seen))

local long = types.describe "struct task_struct"
local members = 0
for _ in long:gmatch "\n    [%w_}][^\n]*%*/" do
	members = members + 1
end
t.eq(members, tonumber(long:match ", (%d+) members"), "task_struct is complete")
t.eq(types.describe "task_struct", long, "with and without struct")
t.eq(types.describe "  list_head ;", [[
struct list_head {                                      /* offset     size */
    struct list_head *next;                             /*      0        8 */
    struct list_head *prev;                             /*      8        8 */
};
/* 16 bytes, 1 cacheline of 64 bytes, 2 members */
]], "a struct")
t.eq(types.describe "pid_t", "typedef __kernel_pid_t pid_t;\ntypedef int __kernel_pid_t; /* 4 bytes */\n",
	"a typedef, down to what it stands for")
t.like(types.describe "enum pid_type",
	"^enum pid_type {\n    PIDTYPE_PID = 0,\n    PIDTYPE_TGID = 1,\n.*\n};\n/%* 4 bytes %*/\n$", "an enum")
t.like(types.describe "union bpf_attr",
	"^union bpf_attr {[^\n]*\n    struct {\n        __u32 map_type; +/%* +0 +4 %*/\n",
	"a union, with unnamed structs in it")
t.like(types.describe "vfs_read", "^ssize_t vfs_read%(struct file %*[%w_]+, char .*%*[%w_]+, size_t count, .*%);\n$",
	"a function")
t.like(types.describe "task_struct->mm.pgd",
	"^pgd_t %*pgd;\n    /%* %.mm: offset %d+ in struct task_struct %*/\n"
	.. "    /%* %->pgd: offset %d+ in struct mm_struct %*/\n$",
	"a way through a pointer")
local comm = tonumber(types.describe("task_struct.comm"):match "offset (%d+)")
t.like(types.describe "task_struct.comm[3]", ("%%[3%%]: offset %d in struct task_struct"):format(comm + 3),
	"an element")
local thread = tonumber(types.describe("task_struct.thread"):match "offset (%d+)")
t.ok(types.describe "task_struct.signal.shared_pending.list.next" :find(
	"%.next: offset 0 in struct list_head, %d+ in struct signal_struct %*/"), "offsets from where the last pointer led")
t.like(types.describe "task_struct.thread", "\n\nstruct thread_struct {", "a struct at the end is defined")
t.ok(thread > 0, "its offset")

-- Users.
local uses = types.users "mm_struct"
local has = {}
for i, use in ipairs(uses) do
	has[use.kind .. " " .. use.where] = use.type
	if i > 1 and uses[i - 1].kind == use.kind and uses[i - 1].where > use.where then
		t.ok(false, uses[i - 1].where .. " before " .. use.where)
	end
end
t.eq(has["points task_struct.mm"], "struct mm_struct *", "a member that points to it")
t.eq(has["returns get_task_mm"], "struct mm_struct *get_task_mm(struct task_struct *task)",
	"a function that returns it")
t.like(has["takes mmput"], "^void mmput%(struct mm_struct %*", "a function that takes it")
t.eq(has["holds task_struct.mm"], nil, "a pointer is not held")
local holds = {}
for _, use in ipairs(types.users "struct list_head") do
	holds[use.kind .. " " .. use.where] = use.type
end
t.eq(holds["holds task_struct.tasks"], "struct list_head", "a member that is of it")
t.eq(holds["points list_head.next"], "struct list_head *", "its own")
local short = types.users_text("mm_struct", 3)
local points = tonumber(short:match "^pointers to it: (%d+)\n")
t.like(short, ("\n    and %d more\nfunctions that take it: %%d+\n"):format(points - 3),
	"of each the first, and how many more")
t.eq(select(2, short:match "^(.-)functions":gsub("\n    [%w_.]+ +struct ", "")), 3, "three")

-- Names.
t.eq(table.concat(types.names("task_struct", 1)), "task_struct", "names that begin so")
t.eq(#types.names("t", 7), 7, "no more than asked for")
t.eq(#types.names("lt_no_such_type", 7), 0, "none")
t.eq(types.names("list_he")[1], "list_head", "in order")

-- Modules, which guests have.
if sh.read "/sys/kernel/btf/virtiofs" then
	t.like(types.describe "virtio_fs", "^/%* of virtiofs %*/\nstruct virtio_fs {.*\n    struct kref refcount; ",
		"a struct of a module")
	local found
	for _, use in ipairs(types.users "fuse_conn") do
		found = found or use.module == "virtiofs" and use.kind .. " " .. use.where
	end
	t.ok(found, "a module's use of another's: " .. tostring(found))
	t.eq(types.names("virtio_fs", 1)[1], "virtio_fs", "its name")
else
	t.skip "a module's types: virtiofs is not loaded"
end

-- Errors.
local function fails(what, pattern, fn)
	local ok, err = pcall(fn or types.describe, what)
	t.like(not ok and tostring(err), pattern, "error: " .. tostring(what))
	return err
end
local err = fails("task_struckt", "^type 'task_struckt': neither the kernel nor a loaded module has a type or function "
	.. "of that name; similar: .*task_struct")
t.eq(err.errno, 2, "ENOENT")
fails("lt_zqzqzq", "^type 'lt_zqzqzq': neither .*; those of a module are there once it is loaded$")
fails("struct pid_t", "^type 'struct pid_t': neither")
fails("task_struct.mmm", "^type 'task_struct%.mmm': struct task_struct has no member 'mmm'; similar: mm")
fails("task_struct.mm->pgdd", "struct mm_struct has no member 'pgdd'; similar: pgd")
fails("task_struct.comm[16]", "^type 'task_struct%.comm%[16%]': 'task_struct%.comm' has 16 elements$")
fails("task_struct.pid.x", "'task_struct%.pid' is pid_t, which has no members$")
fails("task_struct.pid[1]", "'task_struct%.pid' is int, which is no array$")
fails("task_struct.comm[x]", "after 'task_struct%.comm%[' a number and a '%]' should follow$")
fails("task_struct.", "after 'task_struct%.' a member's name should follow$")
fails("task_struct-mm", "after 'task_struct' a '%.', '%->' or '%[' should follow$")
fails("lt_none.x", "^type 'lt_none': neither the kernel")
fails("lt_none", "^type 'lt_none': neither the kernel", types.users)
fails("vfs_read", "^type 'vfs_read': it is no struct, union, enum or typedef, ", types.users)
fails(5, "types%.lua:%d+: types%.describe: name= takes a string, not number 5")
fails(nil, "types%.lua:%d+: types%.names: prefix= is missing", types.names)

-- Nothing stays.
local function round()
	types.describe "task_struct"
	types.names("task_", 10)
	types.users "mm_struct"
	pcall(types.describe, "task_struckt")
	types.drop()
end
round()
local held, in_c = live.holdings(), live.allocated()
for _ = 1, 10 do
	round()
end
types.drop()
t.eq(live.holdings(), held, "descriptors: as before")
if live.luatrace:find "asan" then
	t.skip "memory: AddressSanitizer keeps what is freed"
else
	t.ok(live.allocated() - in_c < 4, ("memory of C: %.1f KiB more"):format(live.allocated() - in_c))
end
t.done()
