/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Headers of network protocols as structs, by bcc's names. A pointer to one is an offset in the packet
 * (cursor_advance); reading a member loads it from there in this machine's byte order, writing one changes the packet.
 * Bits are declared in the order of the wire: the first is the highest of its byte.
 *
 * Clang keeps every access to a struct with preserve_access_index as a call that names the member, and the tag tells
 * these structs from others; the lowering (host/cc/lower/packet.c) makes calls of the two functions below of them.
 * A text may have a struct of its own of these names: host/cc/text/source.c defines __LT_OWN_NAME then.
 */
#pragma once
#include <uapi/linux/if_ether.h>

#define BPF_PACKET_HEADER __attribute__((packed, preserve_access_index, btf_decl_tag("luatrace:packet")))

static __noinline __attribute__((used)) u64 __lt_packet_read(u64 offset, u64 bit, u64 bits)
{
	return bpf_dext_pkt(__lt_packet(), offset, bit, bits);
}

static __noinline __attribute__((used)) void __lt_packet_write(u64 offset, u64 bit, u64 bits, u64 value)
{
	bpf_dins_pkt(__lt_packet(), offset, bit, bits, value);
}

/* IEEE 802.3 */
#ifndef __LT_OWN_ethernet_t
struct ethernet_t {
	u64 dst : 48;
	u64 src : 48;
	u32 type : 16;
} BPF_PACKET_HEADER;
#endif

/* IEEE 802.1Q, behind the EtherType that announces it */
#ifndef __LT_OWN_dot1q_t
struct dot1q_t {
	u16 pri : 3;
	u16 cfi : 1;
	u16 vlanid : 12;
	u16 type;
} BPF_PACKET_HEADER;
#endif

/* RFC 826, for Ethernet and IPv4 */
#ifndef __LT_OWN_arp_t
struct arp_t {
	u16 htype;
	u16 ptype;
	u8 hlen;
	u8 plen;
	u16 oper;
	u64 sha : 48;
	u64 spa : 32;
	u64 tha : 48;
	u32 tpa;
} BPF_PACKET_HEADER;
#endif

/* RFC 791 */
#ifndef __LT_OWN_ip_t
struct ip_t {
	u8 ver : 4;
	u8 hlen : 4;
	u8 tos;
	u16 tlen;
	u16 identification;
	u16 ffo_unused : 1;
	u16 df : 1;
	u16 mf : 1;
	u16 foffset : 13;
	u8 ttl;
	u8 nextp;
	u16 hchecksum;
	u32 src;
	u32 dst;
} BPF_PACKET_HEADER;
#endif

/* RFC 792 */
#ifndef __LT_OWN_icmp_t
struct icmp_t {
	u8 type;
	u8 code;
	u16 checksum;
} BPF_PACKET_HEADER;
#endif

/* RFC 8200 */
#ifndef __LT_OWN_ip6_t
struct ip6_t {
	u32 ver : 4;
	u32 priority : 8;
	u32 flow_label : 20;
	u16 payload_len;
	u8 next_header;
	u8 hop_limit;
	u64 src_hi;
	u64 src_lo;
	u64 dst_hi;
	u64 dst_lo;
} BPF_PACKET_HEADER;
#endif

/* RFC 8200, section 4: an extension header of 8 bytes */
#ifndef __LT_OWN_ip6_opt_t
struct ip6_opt_t {
	u8 next_header;
	u8 ext_len;
	u8 pad[6];
} BPF_PACKET_HEADER;
#endif

/* RFC 4443 */
#ifndef __LT_OWN_icmp6_t
struct icmp6_t {
	u8 type;
	u8 code;
	u16 checksum;
} BPF_PACKET_HEADER;
#endif

/* RFC 768 */
#ifndef __LT_OWN_udp_t
struct udp_t {
	u16 sport;
	u16 dport;
	u16 length;
	u16 crc;
} BPF_PACKET_HEADER;
#endif

/* RFC 9293 */
#ifndef __LT_OWN_tcp_t
struct tcp_t {
	u16 src_port;
	u16 dst_port;
	u32 seq_num;
	u32 ack_num;
	u8 offset : 4;
	u8 reserved : 4;
	u8 flag_cwr : 1;
	u8 flag_ece : 1;
	u8 flag_urg : 1;
	u8 flag_ack : 1;
	u8 flag_psh : 1;
	u8 flag_rst : 1;
	u8 flag_syn : 1;
	u8 flag_fin : 1;
	u16 rcv_wnd;
	u16 cksum;
	u16 urg_ptr;
} BPF_PACKET_HEADER;
#endif

/* RFC 7348 */
#ifndef __LT_OWN_vxlan_t
struct vxlan_t {
	u32 rsv1 : 4;
	u32 iflag : 1;
	u32 rsv2 : 3;
	u32 rsv3 : 24;
	u32 key : 24;
	u32 rsv4 : 8;
} BPF_PACKET_HEADER;
#endif

/* VXLAN with the group policy extension */
#ifndef __LT_OWN_vxlan_gbp_t
struct vxlan_gbp_t {
	u32 gflag : 1;
	u32 rsv1 : 3;
	u32 iflag : 1;
	u32 rsv2 : 3;
	u32 rsv3 : 1;
	u32 dflag : 1;
	u32 rsv4 : 2;
	u32 aflag : 1;
	u32 rsv5 : 3;
	u32 tag : 16;
	u32 key : 24;
	u32 rsv6 : 8;
} BPF_PACKET_HEADER;
#endif
