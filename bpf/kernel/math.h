/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Arithmetic: limits of two, rounding, division, bits. */
#define min(a, b) ({ typeof(a) __lt_min_a = (a); typeof(b) __lt_min_b = (b); \
	__lt_min_a < __lt_min_b ? __lt_min_a : __lt_min_b; })
#define max(a, b) ({ typeof(a) __lt_max_a = (a); typeof(b) __lt_max_b = (b); \
	__lt_max_a > __lt_max_b ? __lt_max_a : __lt_max_b; })
#define min_t(type, a, b) ({ type __lt_min_t_a = (a); type __lt_min_t_b = (b); \
	__lt_min_t_a < __lt_min_t_b ? __lt_min_t_a : __lt_min_t_b; })
#define max_t(type, a, b) ({ type __lt_max_t_a = (a); type __lt_max_t_b = (b); \
	__lt_max_t_a > __lt_max_t_b ? __lt_max_t_a : __lt_max_t_b; })
#define umin(a, b) min_t(unsigned long long, a, b)
#define umax(a, b) max_t(unsigned long long, a, b)
#define min3(a, b, c) min((typeof(a))min(a, b), c)
#define max3(a, b, c) max((typeof(a))max(a, b), c)
#define min_not_zero(a, b) ({ typeof(a) __lt_nz_a = (a); typeof(b) __lt_nz_b = (b); \
	!__lt_nz_a ? __lt_nz_b : !__lt_nz_b ? __lt_nz_a : min(__lt_nz_a, __lt_nz_b); })
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define MIN_T(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define MAX_T(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define clamp(value, low, high) min((typeof(value))max(value, low), high)
#define clamp_t(type, value, low, high) min_t(type, max_t(type, value, low), high)
#define clamp_val(value, low, high) clamp_t(typeof(value), value, low, high)
#define in_range(value, start, length) ((unsigned long long)(value) - (unsigned long long)(start) < (length))
#define abs(x) ({ typeof(x) __lt_abs = (x); __lt_abs < 0 ? -__lt_abs : __lt_abs; })
#define abs_diff(a, b) ({ typeof(a) __lt_diff_a = (a); typeof(b) __lt_diff_b = (b); \
	__lt_diff_a > __lt_diff_b ? __lt_diff_a - __lt_diff_b : __lt_diff_b - __lt_diff_a; })

#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_DOWN_ULL(n, d) ((unsigned long long)(n) / (d))
#define DIV_ROUND_UP_ULL(n, d) (((unsigned long long)(n) + (d) - 1) / (d))
#define DIV_ROUND_CLOSEST(n, d) (((n) + (d) / 2) / (d))
#define DIV_ROUND_CLOSEST_ULL(n, d) (((unsigned long long)(n) + (d) / 2) / (d))
#define DIV64_U64_ROUND_UP(n, d) (((unsigned long long)(n) + (d) - 1) / (d))
#define round_up(x, y) ((((x) - 1) | ((typeof(x))((y) - 1))) + 1)
#define round_down(x, y) ((x) & ~((typeof(x))((y) - 1)))
#define roundup(x, y) ((((x) + ((y) - 1)) / (y)) * (y))
#define rounddown(x, y) ((x) - (x) % (y))
#define ALIGN(x, a) (((x) + ((typeof(x))(a) - 1)) & ~((typeof(x))(a) - 1))
#define ALIGN_DOWN(x, a) ((x) & ~((typeof(x))(a) - 1))
#define IS_ALIGNED(x, a) (!((x) & ((typeof(x))(a) - 1)))
#define PTR_ALIGN(p, a) ((typeof(p))ALIGN((unsigned long)(p), (a)))
#define div_u64(n, d) ((u64)(n) / (u32)(d))
#define div64_u64(n, d) ((u64)(n) / (u64)(d))
#define div64_ul(n, d) ((u64)(n) / (unsigned long)(d))
#define div64_long(n, d) div64_s64(n, d)
#define div_u64_rem(n, d, remainder) ({ u64 __lt_dur_n = (n); u32 __lt_dur_d = (d); \
	*(remainder) = __lt_dur_n % __lt_dur_d; __lt_dur_n / __lt_dur_d; })
#define div64_u64_rem(n, d, remainder) ({ u64 __lt_d64_n = (n), __lt_d64_d = (d); \
	*(remainder) = __lt_d64_n % __lt_d64_d; __lt_d64_n / __lt_d64_d; })
/* older BPF has no signed division */
#define div64_s64(n, d) ({ s64 __lt_ds_n = (n), __lt_ds_d = (d); \
	u64 __lt_ds_q = (u64)(__lt_ds_n < 0 ? -__lt_ds_n : __lt_ds_n) / (u64)(__lt_ds_d < 0 ? -__lt_ds_d : __lt_ds_d); \
	(__lt_ds_n < 0) != (__lt_ds_d < 0) ? -(s64)__lt_ds_q : (s64)__lt_ds_q; })
#define div_s64(n, d) div64_s64(n, d)
#define do_div(n, base) ({ u32 __lt_do_base = (base), __lt_do_rest = (u64)(n) % __lt_do_base; \
	(n) = (u64)(n) / __lt_do_base; __lt_do_rest; })
#define sector_div(n, base) do_div(n, base)
#define mul_u32_u32(a, b) ((u64)(u32)(a) * (u32)(b))
#define mult_frac(x, n, d) ({ typeof(x) __lt_mf_x = (x); typeof(n) __lt_mf_n = (n); typeof(d) __lt_mf_d = (d); \
	__lt_mf_x / __lt_mf_d * __lt_mf_n + __lt_mf_x % __lt_mf_d * __lt_mf_n / __lt_mf_d; })
#define upper_32_bits(n) ((u32)((u64)(n) >> 32))
#define lower_32_bits(n) ((u32)(n))
#define upper_16_bits(n) ((u16)((n) >> 16))
#define lower_16_bits(n) ((u16)(n))

#define BIT(n) (1ul << (n))
#define BIT_ULL(n) (1ull << (n))
#define BITS_PER_BYTE 8
#define BITS_PER_LONG 64
#define BITS_PER_LONG_LONG 64
#define BITS_PER_TYPE(type) (sizeof(type) * 8)
#define BITS_TO_LONGS(n) (((n) + 63) / 64)
#define BITS_TO_U64(n) (((n) + 63) / 64)
#define BITS_TO_U32(n) (((n) + 31) / 32)
#define BITS_TO_BYTES(n) (((n) + 7) / 8)
#define BIT_MASK(n) (1ul << ((n) % 64))
#define BIT_WORD(n) ((n) / 64)
#define BIT_ULL_MASK(n) (1ull << ((n) % 64))
#define BIT_ULL_WORD(n) ((n) / 64)
#define GENMASK(high, low) ((~0ul << (low)) & (~0ul >> (63 - (high))))
#define GENMASK_ULL(high, low) ((~0ull << (low)) & (~0ull >> (63 - (high))))
#define FIELD_GET(field, value) (((value) & (field)) / ((field) & -(field)))
#define FIELD_PREP(field, value) (((value) * ((field) & -(field))) & (field))
#define DECLARE_BITMAP(name, bits) unsigned long name[((bits) + 63) / 64]
#define test_bit(n, address) (((const unsigned long *)(address))[(n) / 64] >> ((n) % 64) & 1)
#define is_power_of_2(n) ({ unsigned long __lt_p2 = (n); __lt_p2 && !(__lt_p2 & (__lt_p2 - 1)); })
#define ilog2(n) __lt_add_log2(0, n)
#define const_ilog2(n) (63 - __builtin_clzll(n))
#define fls(n) ({ unsigned int __lt_fls = (n); __lt_fls ? (int)__lt_add_log2(0, __lt_fls) + 1 : 0; })
#define fls64(n) ({ unsigned long __lt_fls64 = (n); __lt_fls64 ? (int)__lt_add_log2(0, __lt_fls64) + 1 : 0; })
#define fls_long(n) fls64(n)
#define __fls(n) __lt_add_log2(0, n)
#define __ffs(n) ({ unsigned long __lt_ffs = (n); __lt_add_log2(0, __lt_ffs & -__lt_ffs); })
#define __ffs64(n) __ffs(n)
#define ffs(n) ({ unsigned int __lt_ffs1 = (n); __lt_ffs1 ? (int)__lt_add_log2(0, __lt_ffs1 & -__lt_ffs1) + 1 : 0; })
#define ffz(n) __ffs(~(unsigned long)(n))
#define order_base_2(n) ({ unsigned long __lt_ob2 = (n); __lt_ob2 > 1 ? (int)__lt_add_log2(0, __lt_ob2 - 1) + 1 : 0; })
#define roundup_pow_of_two(n) (1ul << order_base_2(n))
#define rounddown_pow_of_two(n) (1ul << __lt_add_log2(0, n))
#define get_order(size) ({ unsigned long __lt_go = ((unsigned long)(size) - 1) >> PAGE_SHIFT; fls64(__lt_go); })
#define hweight8(n) __builtin_popcount((u8)(n))
#define hweight16(n) __builtin_popcount((u16)(n))
#define hweight32(n) __builtin_popcount(n)
#define hweight64(n) __builtin_popcountll(n)
#define hweight_long(n) __builtin_popcountll(n)
#define rol32(word, shift) (((u32)(word) << ((shift) & 31)) | ((u32)(word) >> (-(shift) & 31)))
#define ror32(word, shift) (((u32)(word) >> ((shift) & 31)) | ((u32)(word) << (-(shift) & 31)))
#define rol64(word, shift) (((u64)(word) << ((shift) & 63)) | ((u64)(word) >> (-(shift) & 63)))
#define ror64(word, shift) (((u64)(word) >> ((shift) & 63)) | ((u64)(word) << (-(shift) & 63)))
#define sign_extend32(value, bit) ((s32)((u32)(value) << (31 - (bit))) >> (31 - (bit)))
#define sign_extend64(value, bit) ((s64)((u64)(value) << (63 - (bit))) >> (63 - (bit)))
#define GOLDEN_RATIO_32 0x61C88647
#define GOLDEN_RATIO_64 0x61C8864680B583EBull
#define GOLDEN_RATIO_PRIME GOLDEN_RATIO_64
#define hash_32(value, bits) (((u32)(value) * (u32)GOLDEN_RATIO_32) >> (32 - (bits)))
#define hash_64(value, bits) ((u32)(((u64)(value) * GOLDEN_RATIO_64) >> (64 - (bits))))
#define hash_long(value, bits) hash_64(value, bits)
#define hash_ptr(pointer, bits) hash_64((unsigned long)(pointer), bits)
