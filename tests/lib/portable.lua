-- SPDX-License-Identifier: MIT
-- What a program reads of the kernel in many ways, a line each: NAME VALUE. Compiled here it says the same as from a
-- bundle that was made anywhere.
local BPF = require "luatrace"
local ffi = require "ffi"

ffi.cdef "int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long); int getppid(void);"

local NAMES = { "pid", "parent", "uid", "mnt", "subreaper", "mtime", "arguments", "number", "first", "version",
	"cpus", "hz", "call",
	"meta", "background", "nodes", "modules", "state", "cpu", "size", "has", "lacks",
	"signs", "known", "value", "poison", "nothing", "counted", "element", "zone",
	"kernel", "aligned", "failed", "order", "dirty", "vlan", "raised", "priority", "container", "child",
	"release", "folder" }
local numbers = {}
for i, name in ipairs(NAMES) do
	numbers[i] = ("#define N_%s %d\n"):format(name, i - 1)
end

local b = BPF { text = table.concat(numbers) .. [[
BPF_ARRAY(values, u64, 64);
BPF_ARRAY(some_bytes, struct { u64 words[128]; }, 1);
const volatile u32 own;

/* kernels before and after 6.12 */
struct cfs_rq___delayed { unsigned int h_nr_delayed; } __attribute__((preserve_access_index));
struct no_such___own { int member; };
struct task_struct___none { int no_such_member; } __attribute__((preserve_access_index));

enum node_stat_item___own { NR_DIRTIED___own = 5, NR_NONE___own };

#define PUT(NAME, VALUE) do { u64 value = (u64)(VALUE); values.update((int[]){ N_##NAME }, &value); } while (0)

TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct dentry *folder = task->fs->pwd.dentry;
	u64 text = 0;
	int less = -1;
	u32 some = bpf_get_prandom_u32() & 0;
	void *bytes = some_bytes.lookup(&some);

	if (bpf_get_current_pid_tgid() >> 32 != own || !bytes)
		return 0;
	PUT(pid, task->tgid);
	PUT(parent, task->real_parent->tgid);
	PUT(uid, task->cred->uid.val);
	PUT(mnt, task->nsproxy->mnt_ns->ns.inum);
	PUT(subreaper, task->signal->is_child_subreaper);
	PUT(mtime, folder->d_inode->i_mtime.tv_sec);
	PUT(arguments, task->mm->arg_end - task->mm->arg_start);
	PUT(number, task->thread_pid->numbers[0].nr);
	PUT(first, task->thread_pid->level);
	PUT(version, LINUX_VERSION_CODE >> 8);
	PUT(cpus, bpf_num_cpus());
	PUT(hz, HZ);
	PUT(call, args->__syscall_nr);
	PUT(meta, 1ull << __REQ_META);
	PUT(background, __REQ_BACKGROUND);
	PUT(nodes, CONFIG_NODES_SHIFT);
	PUT(modules, IS_ENABLED(CONFIG_EXT4_FS));
	PUT(state, task->state == TASK_RUNNING);
	PUT(cpu, task->cpu == bpf_get_smp_processor_id());
	PUT(size, bpf_core_type_size(struct task_struct));
	PUT(has, bpf_core_field_exists(struct cfs_rq___delayed, h_nr_delayed));
	PUT(lacks, bpf_core_field_exists(struct task_struct___none, no_such_member));
	/* not known to the compiler */
	bpf_probe_read_kernel(&less, sizeof(less), &(int){ -1 });
	PUT(signs, (less < PIDTYPE_MAX) + ((s64)(NR_DIRTIED - 100) < 0) + ((s64)(bpf_num_cpus() - 50000) < 0) +
		   ((s64)(LINUX_VERSION_CODE - KERNEL_VERSION(200, 1, 1)) < 0) + ((s64)(HZ - 50000) < 0));
	PUT(known, 2 * bpf_core_enum_value_exists(enum node_stat_item___own, NR_DIRTIED___own) +
		   bpf_core_enum_value_exists(enum node_stat_item___own, NR_NONE___own));
	PUT(value, bpf_core_enum_value(enum node_stat_item___own, NR_DIRTIED___own) == NR_DIRTIED);
	PUT(nothing, bpf_core_type_size(struct no_such___own));
	PUT(counted, bpf_core_enum_value_exists(enum node_stat_item, NR_DIRTIED) &&
		     bpf_core_enum_value(enum node_stat_item, NR_DIRTIED) == NR_DIRTIED);
	PUT(poison, CONFIG_ILLEGAL_POINTER_VALUE);
	PUT(element, &((struct zone *)4096)->free_area[some + 3].nr_free);
	PUT(zone, &((struct pglist_data *)4096)->node_zones[some + 2].name);
	PUT(kernel, GFP_KERNEL);
	PUT(aligned, SLAB_HWCACHE_ALIGN);
	PUT(failed, RQF_FAILED);
	PUT(order, folio_order((struct folio *)bytes));
	PUT(dirty, PageDirty((struct page *)bytes));
	PUT(vlan, skb_vlan_tag_present((struct sk_buff *)bytes));
	PUT(raised, cap_raised(((struct cred *)bytes)->cap_effective, CAP_SETPCAP));
	PUT(priority, req_get_ioprio((struct request *)bytes));
	PUT(container, container_of((struct list_head *)65536, struct task_struct, tasks));
	task = task->real_parent;
	PUT(child, list_first_entry(&task->children, struct task_struct, sibling)->real_parent == task);
	task = (struct task_struct *)bpf_get_current_task();
	bpf_probe_read_kernel(&text, sizeof(text), task->nsproxy->uts_ns->name.release);
	PUT(release, text);
	text = 0;
	bpf_probe_read_kernel_str(&text, sizeof(text), folder->d_name.name);
	PUT(folder, text);
	return 0;
}
]], params = { own = BPF.now and require("luatrace.abi").lt_own_pid() } }
-- bytes of which each is another; page flags are the first
local words = ffi.new "struct { uint64_t words[128]; }"
for i = 0, ffi.sizeof(words) - 1 do
	ffi.cast("uint8_t *", words)[i] = i < 8 and 255 or i * 7 % 251
end
b.some_bytes[0] = words
ffi.C.prctl(36, 1, 0, 0, 0)	-- PR_SET_CHILD_SUBREAPER
ffi.C.getppid()
local word = ffi.new "union { uint64_t value; char text[9]; }"
for i, name in ipairs(NAMES) do
	word.value = b.values[i - 1]
	print(name, i > #NAMES - 2 and ffi.string(word.text, 8):match "^[^%z]*" or tostring(word.value):gsub("ULL$", ""))
end
