/* SPDX-License-Identifier: MIT */
#include "hand.h"

struct source {
	__u32 saddr;
	__u16 dport;
	__u8 protocol;
	__u8 unused;
};
struct sum {
	__u64 packets, bytes;
};
MAP(sums, BPF_MAP_TYPE_HASH, struct source, struct sum, 4096);

SEC("xdp")
int count_packets(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = data + sizeof(*ethernet);
	struct udphdr *udp;
	struct sum zero = {}, *sum;
	struct source key = {};

	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(0x800))
		return XDP_PASS;
	key.saddr = ip->saddr;
	key.protocol = ip->protocol;
	udp = (void *)ip + ip->ihl * 4;
	if ((void *)(udp + 1) > end)
		return XDP_PASS;
	key.dport = bpf_ntohs(udp->dest);
	sum = bpf_map_lookup_elem(&sums, &key);
	if (!sum) {
		bpf_map_update_elem(&sums, &key, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&sums, &key);
	}
	if (sum) {
		__sync_fetch_and_add(&sum->packets, 1);
		__sync_fetch_and_add(&sum->bytes, end - data);
	}
	return XDP_PASS;
}
