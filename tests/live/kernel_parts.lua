-- SPDX-License-Identifier: MIT
-- Macros and inline functions of the kernel's headers in programs of its parts, which load.
local t = require "tap"
local BPF = require "luatrace"

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
