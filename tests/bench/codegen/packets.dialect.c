/* SPDX-License-Identifier: MIT */
/* XDP: packets and bytes by their source, read from the packet itself. */
struct source {
	u32 saddr;
	u16 dport;
	u8 protocol;
	u8 unused;
};
struct sum {
	u64 packets, bytes;
};
BPF_HASH(sums, struct source, struct sum, 4096);

int count_packets(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = data + sizeof(*ethernet);
	struct udphdr *udp;
	struct sum zero = {}, *sum;
	struct source key = {};

	if ((void *)(ip + 1) > end || ethernet->h_proto != htons(0x800))
		return XDP_PASS;
	key.saddr = ip->saddr;
	key.protocol = ip->protocol;
	udp = (void *)ip + ip->ihl * 4;
	if ((void *)(udp + 1) > end)
		return XDP_PASS;
	key.dport = ntohs(udp->dest);
	sum = sums.lookup_or_try_init(&key, &zero);
	if (sum) {
		lock_xadd(&sum->packets, 1);
		lock_xadd(&sum->bytes, end - data);
	}
	return XDP_PASS;
}
