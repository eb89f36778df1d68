/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Packets: reads and writes at an offset of the program's packet, cursors, checksums, byte order. The structs whose
 * members are such reads and writes are in bcc/proto.h.
 *
 * The lowering knows by name:
 *   __lt_packet     the packet: the context of the program that the call ends up in
 */
#pragma once

/* LLVM's own functions for the kernel's packet loads. A load behind the packet's end ends the program with 0. */
unsigned long long load_byte(void *skb, unsigned long long offset) __asm__("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long offset) __asm__("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long offset) __asm__("llvm.bpf.load.word");

static __always_inline u64 load_dword(void *skb, u64 offset)
{
	return load_word(skb, offset) << 32 | load_word(skb, offset + 4);
}

extern void *__lt_packet(void);

/* A cursor is an offset that is written as a pointer, from 0 on. */
#define cursor_advance(cursor, length)                                                                              \
	({                                                                                                          \
		void *__lt_at = (void *)(cursor);                                                                   \
		(cursor) += (length);                                                                               \
		__lt_at;                                                                                            \
	})

/* `count` bytes, at most 8, and none behind them: a field may be a packet's last. */
static __always_inline u64 __lt_load_bytes(void *skb, u64 offset, u64 count)
{
	u64 value = 0;

	if (count & 8)
		return load_dword(skb, offset);
	if (count & 4) {
		value = load_word(skb, offset);
		offset += 4;
	}
	if (count & 2) {
		value = value << 16 | load_half(skb, offset);
		offset += 2;
	}
	if (count & 1)
		value = value << 8 | load_byte(skb, offset);
	return value;
}

/* Bit 0 is the highest of the byte at `offset`, as protocols count. At most 8 bytes may hold the field. */
static __always_inline u64 bpf_dext_pkt(void *skb, u64 offset, u64 bit, u64 bits)
{
	u64 value = __lt_load_bytes(skb, offset, (bit + bits + 7) / 8) >> (-(bit + bits) & 7);

	return bits < 64 ? value & ((1ull << bits) - 1) : value;
}

static __always_inline u64 bpf_dins_pkt(void *skb, u64 offset, u64 bit, u64 bits, u64 value)
{
	u64 count = (bit + bits + 7) / 8, shift = -(bit + bits) & 7;
	u64 mask = (bits < 64 ? (1ull << bits) - 1 : ~0ull) << shift, bytes = value << shift & mask;

	if (bit || shift)
		bytes |= __lt_load_bytes(skb, offset, count) & ~mask;
	bytes = __builtin_bswap64(bytes << (64 - 8 * count));
	return bpf_skb_store_bytes(skb, offset, &bytes, count, 0);
}

#define bpf_ntohll(x) __builtin_bswap64(x)
#define bpf_htonll(x) __builtin_bswap64(x)

static __always_inline unsigned __int128 bpf_ntoh128(unsigned __int128 value)
{
	return (unsigned __int128)__builtin_bswap64(value) << 64 | __builtin_bswap64(value >> 64);
}

static __always_inline unsigned __int128 bpf_hton128(unsigned __int128 value)
{
	return bpf_ntoh128(value);
}

/* Checksums after a change of `from` to `to`, in this machine's byte order as fields are; flags: the size of both and,
 * for layer 4, the kernel's BPF_F_ flags. The kernel takes 2 and 4 bytes; 8 are twice 4. */
#define __LT_CHECKSUM_REPLACE(HELPER)                                                                               \
	static __always_inline int HELPER##_(void *skb, u64 offset, u64 from, u64 to, u64 flags)                    \
	{                                                                                                           \
		if (flags & 8) {                                                                                    \
			flags ^= 8 ^ 4;                                                                             \
			HELPER(skb, offset, bpf_htonl(from >> 32), bpf_htonl(to >> 32), flags);                     \
		}                                                                                                   \
		if (flags & 2)                                                                                      \
			return HELPER(skb, offset, bpf_htons(from), bpf_htons(to), flags);                          \
		return HELPER(skb, offset, bpf_htonl(from), bpf_htonl(to), flags);                                  \
	}
__LT_CHECKSUM_REPLACE(bpf_l3_csum_replace)
__LT_CHECKSUM_REPLACE(bpf_l4_csum_replace)

#define __LT_CHECKSUM_SIZE(value)                                                                                   \
	({                                                                                                          \
		_Static_assert(sizeof(value) == 2 || sizeof(value) == 4 || sizeof(value) == 8,                      \
			       "a checksum is corrected for values of 2, 4 or 8 bytes; cast to u16 or u32");        \
		sizeof(value);                                                                                      \
	})
/* checksum: the address of the header's field, as in &ip->hchecksum */
#define incr_cksum_l3(checksum, from, to)                                                                           \
	bpf_l3_csum_replace_(__lt_packet(), (u64)(checksum), from, to, __LT_CHECKSUM_SIZE(to))
#define incr_cksum_l4(checksum, from, to, is_pseudo)                                                                \
	bpf_l4_csum_replace_(__lt_packet(), (u64)(checksum), from, to,                                              \
			     ((is_pseudo) & 1) << 4 | __LT_CHECKSUM_SIZE(to))
