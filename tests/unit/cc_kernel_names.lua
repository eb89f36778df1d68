-- SPDX-License-Identifier: MIT
-- Names of the kernel's headers, which are not there: what a text uses comes from the table of kernel names.
local t = require "tap"
local cc = require("cc").run
local sh = require "sh"

local function compiles(name, text, flags)
    local status, out, messages = cc(text, flags)
    t.eq(messages, "", name .. ": no messages")
    t.eq(status, 0, name .. ": status")
    return out
end

local function body(expressions)
    return "int f(struct pt_regs *ctx, struct sock *sk, struct sk_buff *skb)\n{\n\treturn " .. expressions .. ";\n}\n"
end

-- ---- on demand -------------------------------------------------------------------------------------------------

local slice = compiles("no include", body("sk->sk_family == AF_INET && min(3, 4) < PAGE_SIZE"), "--emit=slice")
t.like(slice, "#define AF_INET PF_INET\n", "a constant of the headers")
t.like(slice, "#define PF_INET 2\n", "and what it is made of")
t.like(slice, "#define PAGE_SHIFT 12\n", "a hand-written one, too")
t.like(slice, "#define sk_family __sk_common.skc_family\n", "a member's other name")
t.ok(not slice:find("AF_INET6", 1, true), "nothing that is not used")
slice = compiles("nothing used", "int f(void *ctx) { return 0; }", "--emit=slice")
t.ok(not slice:find("#define") and not slice:find("struct [%w_]+ {"), "nothing for a text that uses nothing")

compiles("used in the text's macros only", "#define MINE(x) ((x) == EAGAIN ? NSEC_PER_SEC : 0)\n" .. body("MINE(3)"))
compiles("every spelling of an include", [[
#include <uapi/linux/ptrace.h>
#include <linux/sched.h>
#include <net/inet_sock.h>
#include <asm/unistd.h>
#include <bcc/proto.h>
#include <scsi/scsi_cmnd.h>
#include <trace/events/sched.h>
#include <drm/drm_file.h>
#include <rdma/ib_verbs.h>
#include <generated/autoconf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include "linux/blkdev.h"
]] .. body("(uint32_t)1 + sizeof(uintptr_t) + (true ? __NR_openat : READ_10)"))
local asm = compiles("values", [[
int f(void *ctx)
{
	return htons(0x0102) + (ECONNREFUSED << 16) + (S_ISREG(0100644) << 24) + (DIV_ROUND_UP(7, 2) << 28);
}]], "--emit=asm")
t.like(asm, "0?x?" .. 0x0201 + 111 * 65536 + 16777216 + 4 * 2 ^ 28, "values")
compiles("casts and headers", body("tcp_sk(sk)->snd_cwnd + inet_csk(sk)->icsk_retransmits + tcp_hdr(skb)->source + "
    .. "ip_hdr(skb)->ttl + TCP_SKB_CB(skb)->seq + inet_sk(sk)->inet_sport + sk->sk_v6_daddr.s6_addr32[1]"))
compiles("kernel errors", body("IS_ERR(sk) ? PTR_ERR(sk) : -ERESTARTSYS"))
compiles("types that BTF may not have", "struct my { uint8_t a; u_int16_t b; sector_t s; bool on; };\n"
    .. body("sizeof(struct my) + sizeof(struct ethhdr) + ETH_ALEN"))
compiles("scatter list", [[
int f(struct pt_regs *ctx, struct scatterlist *list)
{
	struct scatterlist *sg;
	int i, length = 0;

#pragma unroll
	for_each_sg(list, sg, 4, i)
		length += sg->length;
	return length;
}]])

-- ---- a text's own meaning of a name ----------------------------------------------------------------------------

compiles("own macros", [[
#define min(a, b) ((a) < (b) ? (a) : (b))
#define container_of(p, t, m) ((t *)0)
#define MAX_ORDER 11
#define AF_INET 77
#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif
int f(struct pt_regs *ctx) { int a[MAX_ORDER] = { AF_INET }; return min(a[0], 4) + PAGE_SIZE; }]])
compiles("own functions", [[
static inline struct tcp_sock *tcp_sk(const struct sock *sk) { return (struct tcp_sock *)sk; }
static __always_inline u64 div_u64(u64 a, u32 b) { return a / b; }
static int max(int a, int b) { return a > b ? a : b; }
int f(struct pt_regs *ctx, struct sock *sk) { return max(tcp_sk(sk)->snd_cwnd, div_u64(7, 3)); }]])
compiles("attributes", "static __attribute__((noinline, used)) int g(int a) { return a * 2; }\n"
    .. "int f(struct pt_regs *ctx) { return g(1); }")
compiles("attributes of the kernel's", "static noinline int g(int a) { return a * 2; }\n"
    .. "static __noinline int h(int a) { return a * 2; }\nint f(struct pt_regs *ctx) { return g(1) + h(2); }")
compiles("attributes by the kernel's names and by the compiler's", [[
struct a { char c; int i; } __packed;
struct b { char c; int i; } __attribute__((packed, aligned(4)));
static __always_inline int g(int a) { return a * 2; }
static inline __attribute__((always_inline)) int h(int a) { return a * 2; }
static int k __attribute__((unused, deprecated, section(".data.k")));
static int l __maybe_unused __aligned(16) __section(".data.l");
static __noinline __attribute__((noinline, used)) int m(int a) { return a * 2; }
_Static_assert(sizeof(struct a) == 5 && sizeof(struct b) == 8, "packed");
int f(struct pt_regs *ctx) { return g(1) + h(2) + m(3); }]])
compiles("own enumerators and types", [[
typedef unsigned long uint64_t;
enum { IPPROTO_TCP = 9, READ, WRITE };
enum { false, true };
typedef struct { int x; } ktime_t;
struct ethhdr { int mine; };
int f(struct pt_regs *ctx)
{
	struct ethhdr e = { IPPROTO_TCP };
	ktime_t t = { WRITE };
	return e.mine + t.x + (uint64_t)true;
}]])
compiles("locals and members", [[
struct mine { u64 jiffies; u16 sk_family, sk_dport; int current; };
static int g(struct mine *current, int jiffies) { return current->sk_family + jiffies; }
int f(struct pt_regs *ctx, struct sock *sk)
{
	struct mine m = { .jiffies = 3, .sk_family = 2 };
	struct task_struct *current = (struct task_struct *)bpf_get_current_task();
	u64 jiffies = 3, READ = 4;
	m.sk_dport = READ;
	return g(&m, jiffies) + current->pid + sk->__sk_common.skc_family;
}]])
compiles("a member that is also the kernel's", [[
#include <net/sock.h>
int f(struct pt_regs *ctx, struct sock *sk) { u16 sk_family_ = sk->sk_family; return sk_family_; }]])
compiles("a local that the scan does not see", [[
#define DECLARE(type, name) type name = 3
int f(struct pt_regs *ctx) { DECLARE(int, current); return current; }]])
compiles("defined where it is not compiled", [[
#if 0
#define EAGAIN 3
#endif
int f(struct pt_regs *ctx) { return EAGAIN; }]])
compiles("a probe of an event that is not there", [[
#if 0
TRACEPOINT_PROBE(nosuch, event) { return args->x; }
#endif
#ifdef NEVER
TRACEPOINT_PROBE(nosuch, event2) { return args->x; }
#endif
TRACEPOINT_PROBE(sched, sched_switch) { return args->prev_pid; }]])

-- ---- unknown names ---------------------------------------------------------------------------------------------

local function explained(name, text, pattern)
    local status, _, messages = cc(text)
    t.eq(status, 1, name .. ": status")
    t.like(messages, pattern, name)
end
explained("a function of the kernel", body("vfs_read(0)"),
    "note: 'vfs_read' is a function of the kernel; a BPF program cannot call it\n")
explained("a struct without its keyword", "task_struct *g;\n" .. body("0"),
    "note: 'task_struct' is a struct of the kernel; write 'struct task_struct'\n")
explained("an attribute's name in both places", "static noinline int g(int a) { return a; }\n"
    .. "static __attribute__((noinline)) int h(int a) { return a; }\n" .. body("g(1) + h(2)"),
    "note: 'noinline' cannot stand alone in a text that has it inside __attribute__%(%(%.%.%.%)%), too; "
    .. "write '__attribute__%(%(__noinline__%)%)'\n")
explained("a constant mistyped", body("AF_INTE"), "note: name 'AF_INTE': similar: [^\n]*AF_INET")
explained("a member mistyped", body("sk->sk_rcvbof"), "note: member 'sk_rcvbof': similar: [^\n]*sk_rcvbuf")
explained("a member of a member", body("sk->skc_dport"),
    "note: struct sock has 'skc_dport' as '__sk_common.skc_dport'\n")
explained("a struct mistyped", "int f(struct pt_regs *ctx, struct task_strcut *t) { return t->pid; }",
    "note: struct 'task_strcut': similar: [^\n]*task_struct")

-- ---- every hand-written name -----------------------------------------------------------------------------------

-- what stands for a parameter of that name
local arguments = {
    sock_pointer = "(struct sock *)p", skb = "(struct sk_buff *)p", task = "(struct task_struct *)p",
    page = "(struct page *)p", folio = "(struct folio *)p", sg = "(struct scatterlist *)p", file = "(struct file *)p",
    list = "(struct sk_buff_head *)p", inode = "(struct inode *)p", dentry = "(struct dentry *)p",
    bio = "(struct bio *)p", request = "(struct request *)p", zone = "(struct zone *)p",
    vma = "(struct vm_area_struct *)p",
    device = "(struct net_device *)p", qdisc = "(struct Qdisc *)p", tcp = "(struct tcp_sock *)p",
    frag = "(skb_frag_t *)p",
    mm = "(struct mm_struct *)p", mapping = "(struct address_space *)p", disk = "(struct gendisk *)p",
    cgroup = "(struct cgroup *)p", pid_struct = "(struct pid *)p", mask = "(struct cpumask *)p",
    kobject = "(struct kobject *)p",
    module = "(struct module *)p", registers = "(struct pt_regs *)p", set = "(sigset_t *)p",
    iter = "(struct iov_iter *)p",
    mnt_pointer = "(struct vfsmount *)p", mount_pointer = "(struct mount *)p", v = "(atomic_t *)p",
    r = "(refcount_t *)p",
    kref = "(struct kref *)p", lock = "(struct mutex *)p", sem = "(struct rw_semaphore *)p",
    ts = "(struct timespec64 *)p",
    tv = "(struct __kernel_old_timeval *)p", work = "(struct work_struct *)p", root = "(struct rb_root *)p",
    counter_struct = "(struct percpu_counter *)p", kuid = "(kuid_t){ 0 }", kgid = "(kgid_t){ 0 }",
    caps = "(kernel_cap_t){ 0 }",
    in6 = "(struct in6_addr *)p", of = "(struct page *)p", header = "(struct iphdr *)p", address = "p",
    pdu = "(void *)p", command = "(struct scsi_cmnd *)p",
    type = "struct list_head", member = "next", to = "&a", from = "&b", pointer = "&a", info = "&b", remainder = "&b",
    array = "array", head = "(struct list_head *)p", node = "(struct hlist_node *)p", at = "at", name = "unused_name",
    function_ = "2", message = '"m"', condition = "1", stats = "(u64_stats_t *)p",
}
-- false: needs a type of a module that may not be there, or is one thing in old kernels and another in new ones
local special = {
    task_css = "task_css((struct task_struct *)p, 0)",
    list_empty = "list_empty((struct list_head *)p)",
    hlist_empty = "hlist_empty((struct hlist_head *)p)",
    llist_empty = "llist_empty((struct llist_head *)p)",
    hlist_unhashed = "hlist_unhashed((struct hlist_node *)p)",
    list_is_last = "list_is_last((struct list_head *)p, (struct list_head *)p)",
    list_is_first = "list_is_first((struct list_head *)p, (struct list_head *)p)",
    list_entry_is_head = "list_entry_is_head((struct task_struct *)p, (struct list_head *)p, tasks)",
    list_next_entry = "list_next_entry((struct task_struct *)p, tasks)",
    list_prev_entry = "list_prev_entry((struct task_struct *)p, tasks)",
    list_for_each = "struct list_head *at; list_for_each(at, (struct list_head *)p)",
    list_for_each_entry = "struct task_struct *at; list_for_each_entry(at, (struct list_head *)p, tasks)",
    list_for_each_entry_rcu = "struct task_struct *at; list_for_each_entry_rcu(at, (struct list_head *)p, tasks)",
    hlist_for_each_entry = "struct sock *at; hlist_for_each_entry(at, (struct hlist_head *)p, __sk_common.skc_node)",
    hlist_for_each_entry_rcu = "struct sock *at; "
        .. "hlist_for_each_entry_rcu(at, (struct hlist_head *)p, __sk_common.skc_node)",
    hlist_entry_safe = "hlist_entry_safe((struct hlist_node *)p, struct task_struct, tasks)",
    rb_entry_safe = "rb_entry_safe((struct rb_node *)p, struct vm_area_struct, vm_mm)",
    for_each_sg = "struct scatterlist *sg; int i; for_each_sg((struct scatterlist *)p, sg, 3, i)",
    rb_parent = "rb_parent((struct rb_node *)p)",
    rb_first_cached = "rb_first_cached((struct rb_root_cached *)p)",
    RB_EMPTY_NODE = "RB_EMPTY_NODE((struct rb_node *)p)",
    read_pnet = "read_pnet((possible_net_t *)p)",
    dev_name = "dev_name((struct device *)p)",
    dev_get_drvdata = "dev_get_drvdata((struct device *)p)",
    dev_to_disk = "dev_to_disk((struct device *)p)",
    skb_queue_len = "skb_queue_len((struct sk_buff_head *)p)",
    nf_ct_get = "nf_ct_get((struct sk_buff *)p, &b)",
    qdisc_dev = "qdisc_dev((struct Qdisc *)p)",
    local64_read = "local64_read((local64_t *)p)",
    local_read = "local_read((local_t *)p)",
    page_counter_read = "page_counter_read((struct page_counter *)p)",
    ipv4_is_loopback = "ipv4_is_loopback(a)", ipv4_is_multicast = "ipv4_is_multicast(a)",
    ipv4_is_lbcast = "ipv4_is_lbcast(a)", ipv4_is_zeronet = "ipv4_is_zeronet(a)",
    is_multicast_ether_addr = "is_multicast_ether_addr((u8 *)p)", is_zero_ether_addr = "is_zero_ether_addr((u8 *)p)",
    is_broadcast_ether_addr = "is_broadcast_ether_addr((u8 *)p)",
    uid_eq = "uid_eq((kuid_t){ 0 }, (kuid_t){ 1 })", gid_eq = "gid_eq((kgid_t){ 0 }, (kgid_t){ 1 })",
    DECLARE_BITMAP = "DECLARE_BITMAP(map, 70)",
    test_bit = "test_bit(a, &p)",
    container_of = "container_of((void *)p, struct task_struct, tasks)",
    is_a_nulls = "is_a_nulls(p)",
    hlist_nulls_entry = "hlist_nulls_entry((struct hlist_nulls_node *)p, struct sock, __sk_common.skc_nulls_node)",
    sk_nulls_head = "sk_nulls_head((struct hlist_nulls_head *)p)",
    to_delayed_work = "to_delayed_work((struct work_struct *)p)",
    to_pci_dev = "to_pci_dev((struct device *)p)",
    mutex_is_locked = "mutex_is_locked((struct mutex *)p)",
    KBUILD_MODNAME = "KBUILD_MODNAME", static_assert = false, BUILD_BUG_ON = false,
    BUILD_BUG_ON_MSG = false, BUILD_BUG_ON_ZERO = "BUILD_BUG_ON_ZERO(0)", memcmp = "memcmp(&a, &b, 4)",
    memcpy = "memcpy(&a, &b, 4)", memset = "memset(&a, 0, 4)", memmove = "memmove(&a, &b, 4)",
    WRITE_ONCE = "WRITE_ONCE(a, 3)", atomic_inc = "atomic_t v; atomic_inc(&v)", ipv6_addr_equal = "ipv6_addr_equal("
        .. "(struct in6_addr *)p, (struct in6_addr *)p)", same_thread_group = "same_thread_group(current, current)",
        fallthrough = false, typeof_member = false,
    current_user_ns = "current_user_ns()", ACCESS_ONCE = "ACCESS_ONCE(a)", NULL = "NULL", MAX_NUMNODES = false,
    NODES_SHIFT = false, zone_to_nid = false, get_mm_counter = false, local64_t = false, NR_CPUS = false,
    nfs = false, NFS_I = false, XFS_I = false, EXT4_I = false, BTRFS_I = false, BDEV_I = "BDEV_I((struct inode *)p)",
    scsi_cmd_priv = false, sctp_sk = "sctp_sk((struct sock *)p)", sctp_hdr = "sctp_hdr((struct sk_buff *)p)",
    module_name = "module_name((struct module *)p)",
    unreachable = "if (p) unreachable()",
    strlen = 'strlen("text")', strcmp = 'strcmp("text", "other")', strncmp = 'strncmp("text", "other", 2)',
    strcpy = 'char to[8]; strcpy(to, "text")', strncpy = 'char to[8]; strncpy(to, "text", sizeof(to))',
    strcat = 'char to[8] = ""; strcat(to, "text")', strchr = "strchr(\"text\", 'x')",
    sprintf = 'char to[8]; sprintf(to, "%s", "text")', snprintf = 'char to[8]; snprintf(to, sizeof(to), "%s", "text")',
}

local function use(name, parameters)
    if special[name] ~= nil then
        return special[name]
    elseif not parameters then
        return name
    end
    local list, of_member = {}, parameters:find("member", 1, true)
    for parameter in parameters:gmatch("[%w_]+") do
        list[#list + 1] = parameter == "type" and not of_member and "u32" or arguments[parameter] or "a"
    end
    return name .. "(" .. table.concat(list, ", ") .. ")"
end

--- A text with a program for each macro of a file, and how many there are. What depends on the kernel is left out
--- but for the branch that it has.
local function programs_of(file)
    local text = sh.read(file):gsub("/%*.-%*/", ""):gsub("\\\n", " ")
    local programs, seen, optional = {}, {}, false
    for line in text:gmatch("[^\n]+") do
        if line:find("^#if KERNEL_HAS") then
            optional = not text:find(line .. "\n[^\n]*\n#el", 1, false)
        elseif line:find("^#endif") then
            optional = false
        end
        local name, parameters, rest = line:match("^#define ([%w_]+)(%b())%s*(.*)")
        if not name then
            name, rest = line:match("^#define ([%w_]+)%s*(.*)")
        end
        local plain = name and not rest:find("^__attribute__") and (parameters or rest ~= "") and not optional
            and name:sub(1, 2) ~= "__" and not rest:find("^[#{]") and rest ~= ""
        if plain and not seen[name] and use(name, parameters) then
            seen[name] = true
            programs[#programs + 1] = ("int t_%s(struct pt_regs *ctx, unsigned long p)\n{\n"
                .. "\tu32 a = p, b = a, array[3];\n\t%s;\n\treturn a + b;\n}"):format(name, use(name, parameters))
        end
    end
    return table.concat(programs, "\n"), #programs
end

local files = {}
for file in io.popen("ls bpf/kernel/*.h"):lines() do
    files[#files + 1] = not file:find("members%.h$") and not file:find("types%.h$") and file or nil
end
t.ok(#files > 10, "bpf/kernel has its files")
for _, file in ipairs(files) do
    local text, count = programs_of(file)
    t.ok(count > 5, count .. " macros of " .. file)
    compiles("each macro of " .. file, text, "-Wno-unused-value -Wno-empty-body -o /dev/null")
end
t.done()
