-- SPDX-License-Identifier: MIT
-- Macros, constants and inline functions of the kernel's headers, by their values here, and in programs that load.
-- In guests too.
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
    struct dentry *root = file->f_path.mnt->mnt_root, *dentry = file_dentry(file);
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

-- ---- programs of other parts of the kernel ---------------------------------------------------------------------

local PARTS = [[
#include <net/tcp.h>
#include <net/inet_sock.h>
#include <linux/tcp.h>
#include <linux/skbuff.h>
#include <linux/blk-mq.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <scsi/scsi.h>
BPF_ARRAY(results, u64, 64);
#define RESULT(value) do { u64 result = (u64)(value); int at = count++ & 63; results.update(&at, &result); } while (0)
int sockets(struct pt_regs *ctx, struct sock *sk)
{
    int count = 0;

    if (sk->sk_family != AF_INET && sk->sk_family != AF_INET6)
        return 0;
    RESULT(tcp_sk(sk)->snd_cwnd);
    RESULT(inet_sk(sk)->inet_sport);
    RESULT(inet_csk(sk)->icsk_retransmits);
    RESULT(udp_sk(sk)->pending);
    RESULT(sock_net(sk)->ns.inum);
    RESULT(sk_fullsock(sk) && sk_is_tcp(sk) && sock_flag(sk, SOCK_DEAD));
    RESULT(sk_wmem_alloc_get(sk) + sk_rmem_alloc_get(sk));
    RESULT(SOCK_INODE(sk->sk_socket)->i_ino);
    RESULT(sk->sk_protocol == IPPROTO_TCP && sk->sk_state == TCP_ESTABLISHED && sk->sk_shutdown & RCV_SHUTDOWN);
    RESULT(ntohs(sk->sk_dport) + sk->sk_num);
    return 0;
}
int packets(struct pt_regs *ctx, struct sk_buff *skb)
{
    struct tcphdr *tcp = (struct tcphdr *)skb_transport_header(skb);
    int count = 0;

    RESULT(TCP_SKB_CB(skb)->seq);
    RESULT(TCP_SKB_CB(skb)->tcp_flags & (TCPHDR_SYN | TCPHDR_ACK));
    RESULT(ip_hdr(skb)->saddr);
    RESULT(tcp_hdr(skb)->dest + tcp->syn);
    RESULT(eth_hdr(skb)->h_proto == htons(ETH_P_IP));
    RESULT(skb_shinfo(skb)->nr_frags + skb_headlen(skb) + skb_headroom(skb));
    RESULT(skb_mac_header_was_set(skb) && skb_transport_header_was_set(skb));
    RESULT(skb_dst(skb)->dev->ifindex);
    return 0;
}
int memory(struct pt_regs *ctx, struct folio *folio, struct page *page, struct scatterlist *list)
{
    struct scatterlist *sg;
    int count = 0, i;

    RESULT(folio_page(folio, 1));
    RESULT(page_count(page) + PageLRU(page) + PageDirty(page));
    RESULT(sg_page(list));
    RESULT(sg_is_last(list) || sg_is_chain(list));
    for_each_sg(list, sg, 3, i)
        RESULT(sg_dma_len(sg));
    RESULT(PAGE_ALIGN(count) + PFN_DOWN(count) + offset_in_page(page));
    RESULT(GFP_KERNEL | __GFP_ZERO);
    return 0;
}
int requests(struct pt_regs *ctx, struct request *request, struct bio *bio)
{
    int count = 0;

    RESULT(blk_rq_bytes(request) + blk_rq_pos(request));
    RESULT(req_op(request) == REQ_OP_WRITE && request->cmd_flags & REQ_FUA);
    RESULT(rq_data_dir(request) == WRITE);
    RESULT(disk_devt(request->q->disk));
    RESULT(bio_sectors(bio) + bio_op(bio) + op_is_sync(bio->bi_opf));
    RESULT(READ_10 + WRITE_16 + INQUIRY);
    return 0;
}
]]
local parts = BPF { text = PARTS }
for _, name in ipairs { "sockets", "packets", "memory", "requests" } do
    local loaded, reason = pcall(parts.load_func, parts, name, "kprobe")
    t.ok(loaded, name .. (loaded and " loads" or ": " .. tostring(reason)))
end
parts:close()
t.done()
