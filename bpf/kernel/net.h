/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Sockets, packets, addresses. */
#define inet_sk(sock_pointer) ((struct inet_sock *)(sock_pointer))
#define inet_csk(sock_pointer) ((struct inet_connection_sock *)(sock_pointer))
#define tcp_sk(sock_pointer) ((struct tcp_sock *)(sock_pointer))
#define udp_sk(sock_pointer) ((struct udp_sock *)(sock_pointer))
#define raw_sk(sock_pointer) ((struct raw_sock *)(sock_pointer))
#define raw6_sk(sock_pointer) ((struct raw6_sock *)(sock_pointer))
#define unix_sk(sock_pointer) ((struct unix_sock *)(sock_pointer))
#define nlk_sk(sock_pointer) ((struct netlink_sock *)(sock_pointer))
#define pkt_sk(sock_pointer) ((struct packet_sock *)(sock_pointer))
#define sctp_sk(sock_pointer) ((struct sctp_sock *)(sock_pointer))
#define vsock_sk(sock_pointer) ((struct vsock_sock *)(sock_pointer))
#define mptcp_sk(sock_pointer) ((struct mptcp_sock *)(sock_pointer))
#define xdp_sk(sock_pointer) ((struct xdp_sock *)(sock_pointer))
#define inet_twsk(sock_pointer) ((struct inet_timewait_sock *)(sock_pointer))
#define tcp_twsk(sock_pointer) ((struct tcp_timewait_sock *)(sock_pointer))
#define inet_reqsk(sock_pointer) ((struct request_sock *)(sock_pointer))
#define inet_rsk(request) ((struct inet_request_sock *)(request))
#define tcp_rsk(request) ((struct tcp_request_sock *)(request))
#define req_to_sk(request) ((struct sock *)(request))
#define inet6_sk(sock_pointer) (inet_sk(sock_pointer)->pinet6)
#define tcp_inet6_sk(sock_pointer) (inet_sk(sock_pointer)->pinet6)
#define sock_net(sock_pointer) ((sock_pointer)->__sk_common.skc_net.net)
#define read_pnet(pointer) ((pointer)->net)
#define dev_net(device) ((device)->nd_net.net)
#define sock_flag(sock_pointer, bit) ((sock_pointer)->__sk_common.skc_flags >> (bit) & 1)
#define sk_fullsock(sock_pointer) (!((1 << (sock_pointer)->__sk_common.skc_state) & (1 << 6 | 1 << 12)))
#define sk_listener(sock_pointer) ((1 << (sock_pointer)->__sk_common.skc_state) & (1 << 10 | 1 << 12))
#define sk_is_tcp(sock_pointer) ((sock_pointer)->sk_type == 1 && (sock_pointer)->sk_protocol == 6)
#define sk_is_udp(sock_pointer) ((sock_pointer)->sk_type == 2 && (sock_pointer)->sk_protocol == 17)
/* of sk_shutdown */
#define RCV_SHUTDOWN 1
#define SEND_SHUTDOWN 2
#define SHUTDOWN_MASK (RCV_SHUTDOWN | SEND_SHUTDOWN)
#define sk_wmem_alloc_get(sock_pointer) ((sock_pointer)->sk_wmem_alloc.refs.counter - 1)
#define sk_rmem_alloc_get(sock_pointer) ((sock_pointer)->sk_backlog.rmem_alloc.counter)
#define sk_entry(node) container_of(node, struct sock, __sk_common.skc_node)
#define sk_nulls_head(head) hlist_nulls_entry((head)->first, struct sock, __sk_common.skc_nulls_node)
#define skb_peek(list) ({ struct sk_buff *__lt_peek = ((struct sk_buff_head *)(list))->next; \
	__lt_peek == (struct sk_buff *)(list) ? (struct sk_buff *)0 : __lt_peek; })
#define skb_queue_len(list) ((list)->qlen)
#define skb_queue_empty(list) ((list)->next == (struct sk_buff *)(list))
#define skb_headlen(skb) ((skb)->len - (skb)->data_len)
#define skb_is_nonlinear(skb) ((skb)->data_len)
#define skb_end_pointer(skb) ((skb)->head + (skb)->end)
#define skb_tail_pointer(skb) ((skb)->head + (skb)->tail)
#define skb_shinfo(skb) ((struct skb_shared_info *)((skb)->head + (skb)->end))
#define skb_is_gso(skb) (skb_shinfo(skb)->gso_size)
#define skb_transport_header(skb) ((skb)->head + (skb)->transport_header)
#define skb_network_header(skb) ((skb)->head + (skb)->network_header)
#define skb_mac_header(skb) ((skb)->head + (skb)->mac_header)
#define skb_inner_transport_header(skb) ((skb)->head + (skb)->inner_transport_header)
#define skb_inner_network_header(skb) ((skb)->head + (skb)->inner_network_header)
#define skb_inner_mac_header(skb) ((skb)->head + (skb)->inner_mac_header)
#define skb_transport_offset(skb) ((int)(skb_transport_header(skb) - (skb)->data))
#define skb_network_offset(skb) ((int)(skb_network_header(skb) - (skb)->data))
#define skb_mac_offset(skb) ((int)(skb_mac_header(skb) - (skb)->data))
#define skb_mac_header_was_set(skb) ((skb)->mac_header != (u16)~0u)
#define skb_transport_header_was_set(skb) ((skb)->transport_header != (u16)~0u)
#define skb_mac_header_len(skb) ((u32)((skb)->network_header - (skb)->mac_header))
#define skb_network_header_len(skb) ((u32)((skb)->transport_header - (skb)->network_header))
#define skb_headroom(skb) ((unsigned int)((skb)->data - (skb)->head))
#define skb_dst(skb) ((struct dst_entry *)((skb)->_skb_refdst & ~1ul))
#define skb_rtable(skb) ((struct rtable *)((skb)->_skb_refdst & ~1ul))
#define SKB_DST_NOREF 1ul
#define SKB_DST_PTRMASK (~1ul)
#define skb_get_queue_mapping(skb) ((skb)->queue_mapping)
#define skb_rx_queue_recorded(skb) ((skb)->queue_mapping != 0)
#define skb_get_rx_queue(skb) ((u16)((skb)->queue_mapping - 1))
#define skb_nfct(skb) ((struct nf_conntrack *)((skb)->_nfct & ~7ul))
#define nf_ct_get(skb, info) ({ unsigned long __lt_nfct = (skb)->_nfct; *(info) = __lt_nfct & 7; \
	(struct nf_conn *)(__lt_nfct & ~7ul); })
#define eth_hdr(skb) ((struct ethhdr *)skb_mac_header(skb))
#define vlan_eth_hdr(skb) ((struct vlan_ethhdr *)skb_mac_header(skb))
#define arp_hdr(skb) ((struct arphdr *)skb_network_header(skb))
#define ip_hdr(skb) ((struct iphdr *)skb_network_header(skb))
#define inner_ip_hdr(skb) ((struct iphdr *)skb_inner_network_header(skb))
#define ipip_hdr(skb) ((struct iphdr *)skb_transport_header(skb))
#define ip_hdrlen(skb) (ip_hdr(skb)->ihl * 4)
#define ipv6_hdr(skb) ((struct ipv6hdr *)skb_network_header(skb))
#define inner_ipv6_hdr(skb) ((struct ipv6hdr *)skb_inner_network_header(skb))
#define tcp_hdr(skb) ((struct tcphdr *)skb_transport_header(skb))
#define inner_tcp_hdr(skb) ((struct tcphdr *)skb_inner_transport_header(skb))
#define tcp_hdrlen(skb) (tcp_hdr(skb)->doff * 4)
#define tcp_optlen(skb) ((tcp_hdr(skb)->doff - 5) * 4)
#define udp_hdr(skb) ((struct udphdr *)skb_transport_header(skb))
#define inner_udp_hdr(skb) ((struct udphdr *)skb_inner_transport_header(skb))
#define icmp_hdr(skb) ((struct icmphdr *)skb_transport_header(skb))
#define icmp6_hdr(skb) ((struct icmp6hdr *)skb_transport_header(skb))
#define sctp_hdr(skb) ((struct sctphdr *)skb_transport_header(skb))
#define TCP_SKB_CB(skb) ((struct tcp_skb_cb *)&(skb)->cb[0])
#define UDP_SKB_CB(skb) ((struct udp_skb_cb *)&(skb)->cb[0])
#define IPCB(skb) ((struct inet_skb_parm *)&(skb)->cb[0])
#define IP6CB(skb) ((struct inet6_skb_parm *)&(skb)->cb[0])
#define UNIXCB(skb) (*(struct unix_skb_parms *)&(skb)->cb[0])
#define NETLINK_CB(skb) (*(struct netlink_skb_parms *)&(skb)->cb[0])
#define qdisc_skb_cb(skb) ((struct qdisc_skb_cb *)(skb)->cb)
#define qdisc_priv(qdisc) ((void *)((qdisc)->privdata))
#define qdisc_dev(qdisc) ((qdisc)->dev_queue->dev)
#define TCPHDR_FIN 0x01
#define TCPHDR_SYN 0x02
#define TCPHDR_RST 0x04
#define TCPHDR_PSH 0x08
#define TCPHDR_ACK 0x10
#define TCPHDR_URG 0x20
#define TCPHDR_ECE 0x40
#define TCPHDR_CWR 0x80
#define TCPHDR_SYN_ECN (TCPHDR_SYN | TCPHDR_ECE | TCPHDR_CWR)
#define TCPCB_SACKED_ACKED 0x01
#define TCPCB_SACKED_RETRANS 0x02
#define TCPCB_LOST 0x04
#define TCPCB_TAGBITS 0x07
#define TCPCB_REPAIRED 0x10
#define TCPCB_EVER_RETRANS 0x80
#define TCPCB_RETRANS (TCPCB_SACKED_RETRANS | TCPCB_EVER_RETRANS | TCPCB_REPAIRED)
#define TCP_INIT_CWND 10
#define TCP_INFINITE_SSTHRESH 0x7fffffff
#define TCP_RTO_MAX ((unsigned int)(120 * HZ))
#define TCP_RTO_MIN ((unsigned int)(HZ / 5))
#define TCP_TIMEOUT_INIT ((unsigned int)(1 * HZ))
#define TCP_TIMEWAIT_LEN (60 * HZ)
#define TCP_CA_NAME_MAX 16
#define ICSK_TIME_RETRANS 1
#define ICSK_TIME_DACK 2
#define ICSK_TIME_PROBE0 3
#define MAX_TCP_OPTION_SPACE 40
#define MAX_SKB_FRAGS (sizeof(((struct skb_shared_info *)0)->frags) / sizeof(skb_frag_t))
#if KERNEL_HAS(bio_vec, bv_len)
#define skb_frag_size(frag) (((struct bio_vec *)(frag))->bv_len)
#define skb_frag_off(frag) (((struct bio_vec *)(frag))->bv_offset)
#endif
#define tcp_packets_in_flight(tcp) ((tcp)->packets_out - ((tcp)->sacked_out + (tcp)->lost_out) + (tcp)->retrans_out)
#define tcp_snd_cwnd(tcp) ((tcp)->snd_cwnd)
#define tcp_in_slow_start(tcp) ((tcp)->snd_cwnd < (tcp)->snd_ssthresh)
#define tcp_left_out(tcp) ((tcp)->sacked_out + (tcp)->lost_out)
#define tcp_jiffies32 ((u32)bpf_jiffies64())
#define SOCK_TYPE_MASK 0xf
#define SOCK_MAX 11
#define before(a, b) ((s32)((u32)(a) - (u32)(b)) < 0)
#define after(a, b) before(b, a)
#define between(a, low, high) ((u32)(high) - (u32)(low) >= (u32)(a) - (u32)(low))
#define ipv6_addr_any(in6) (!((in6)->in6_u.u6_addr32[0] | (in6)->in6_u.u6_addr32[1] | \
	(in6)->in6_u.u6_addr32[2] | (in6)->in6_u.u6_addr32[3]))
#define ipv6_addr_loopback(in6) (!((in6)->in6_u.u6_addr32[0] | (in6)->in6_u.u6_addr32[1] | \
	(in6)->in6_u.u6_addr32[2] | ((in6)->in6_u.u6_addr32[3] ^ __builtin_bswap32(1))))
#define ipv6_addr_v4mapped(in6) (!((in6)->in6_u.u6_addr32[0] | (in6)->in6_u.u6_addr32[1] | \
	((in6)->in6_u.u6_addr32[2] ^ __builtin_bswap32(0xffff))))
#define ipv6_addr_is_multicast(in6) (((in6)->in6_u.u6_addr32[0] & 0xff) == 0xff)
#define ipv6_addr_equal(a, b) (!(((a)->in6_u.u6_addr32[0] ^ (b)->in6_u.u6_addr32[0]) | \
	((a)->in6_u.u6_addr32[1] ^ (b)->in6_u.u6_addr32[1]) | ((a)->in6_u.u6_addr32[2] ^ (b)->in6_u.u6_addr32[2]) | \
	((a)->in6_u.u6_addr32[3] ^ (b)->in6_u.u6_addr32[3])))
#define ipv4_is_loopback(address) (((address) & 0xff) == 127)
#define ipv4_is_multicast(address) (((address) & 0xf0) == 0xe0)
#define ipv4_is_lbcast(address) ((address) == 0xffffffffu)
#define ipv4_is_zeronet(address) (!((address) & 0xff))
#define is_multicast_ether_addr(address) ((address)[0] & 1)
#define is_zero_ether_addr(address) \
	(!((address)[0] | (address)[1] | (address)[2] | (address)[3] | (address)[4] | (address)[5]))
#define is_broadcast_ether_addr(address) \
	(((address)[0] & (address)[1] & (address)[2] & (address)[3] & (address)[4] & (address)[5]) == 0xff)
#define netdev_priv(device) ((void *)((char *)(device) + ALIGN(sizeof(struct net_device), 32)))
#define netif_running(device) ((device)->state & 1)
#define netdev_get_tx_queue(device, i) (&(device)->_tx[i])
#if __LT_PORTABLE
struct sk_buff___vlan { unsigned char vlan_present : 1; unsigned int vlan_all; } __attribute__((preserve_access_index));
#define skb_vlan_tag_present(skb) (bpf_core_field_exists(((struct sk_buff___vlan *)(skb))->vlan_present) ? \
	((struct sk_buff___vlan *)(skb))->vlan_present : ((struct sk_buff___vlan *)(skb))->vlan_all)
#elif KERNEL_HAS(sk_buff, vlan_present)
#define skb_vlan_tag_present(skb) ((skb)->vlan_present)
#else
#define skb_vlan_tag_present(skb) ((skb)->vlan_all)
#endif
#define skb_vlan_tag_get(skb) ((skb)->vlan_tci)
#define skb_vlan_tag_get_id(skb) ((skb)->vlan_tci & VLAN_VID_MASK)
#define VLAN_PRIO_MASK 0xe000
#define VLAN_PRIO_SHIFT 13
#define VLAN_CFI_MASK 0x1000
#define VLAN_VID_MASK 0x0fff
#define VLAN_N_VID 4096
#define VLAN_HLEN 4
#define VLAN_ETH_HLEN 18
#define NET_RX_SUCCESS 0
#define NET_RX_DROP 1
#define NET_XMIT_SUCCESS 0x00
#define NET_XMIT_DROP 0x01
#define NET_XMIT_CN 0x02
#define NET_XMIT_MASK 0x0f
#define NETDEV_ALIGN 32
#define NAPI_POLL_WEIGHT 64
#define IP_CE 0x8000
#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff
#define IP6_MF 0x0001
#define IP6_OFFSET 0xfff8
#define IPV6_FRAG_HDR_LEN 8
#define ip_is_fragment(header) (((header)->frag_off & __builtin_bswap16(IP_MF | IP_OFFSET)) != 0)
#define RT_TOS(tos) ((tos) & 0x1e)
#define AF_MCTP 45
#define AF_SMC 43
#define SOL_UDPLITE 136
#define SOL_SMC 286
