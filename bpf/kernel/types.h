/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Types and constants of C itself, where BTF has them not. */
typedef _Bool bool;
enum { false = 0, true = 1 };
#define NULL ((void *)0)

typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long long int64_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
typedef unsigned char u_int8_t;
typedef unsigned short u_int16_t;
typedef unsigned int u_int32_t;
typedef unsigned long long u_int64_t;
typedef long intptr_t;
typedef unsigned long uintptr_t;
typedef long ptrdiff_t;
typedef long long intmax_t;
typedef unsigned long long uintmax_t;
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
typedef unsigned char unchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef int wchar_t;

typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned int uid32_t;
typedef unsigned int gid32_t;
typedef unsigned short umode_t;
typedef unsigned int mode_t;
typedef unsigned int dev_t;
typedef unsigned long ino_t;
typedef unsigned int nlink_t;
typedef long off_t;
typedef long long loff_t;
typedef long time_t;
typedef long long time64_t;
typedef unsigned long long timeu64_t;
typedef long long ktime_t;
typedef long clock_t;
typedef int clockid_t;
typedef int timer_t;
typedef int key_t;
typedef int key_serial_t;
typedef long suseconds_t;
typedef unsigned int useconds_t;
typedef char *caddr_t;
typedef unsigned short sa_family_t;
typedef unsigned int socklen_t;
typedef unsigned int in_addr_t;
typedef unsigned short in_port_t;
typedef unsigned long long sector_t;
typedef unsigned long long blkcnt_t;
typedef unsigned int blk_opf_t;
typedef unsigned int blk_qc_t;
typedef unsigned char blk_status_t;
typedef unsigned int req_flags_t;
typedef unsigned int gfp_t;
typedef unsigned int slab_flags_t;
typedef unsigned int fmode_t;
typedef unsigned long pgoff_t;
typedef unsigned long long phys_addr_t;
typedef unsigned long long resource_size_t;
typedef unsigned long long dma_addr_t;
typedef unsigned int vm_fault_t;
typedef unsigned long cycles_t;
typedef unsigned long long netdev_features_t;
typedef unsigned int qid_t;
typedef int rwf_t;
typedef unsigned int projid_t;
typedef unsigned int possible_net_id_t;

#define INT8_MAX 127
#define INT8_MIN (-128)
#define UINT8_MAX 255
#define INT16_MAX 32767
#define INT16_MIN (-32768)
#define UINT16_MAX 65535
#define INT32_MAX 2147483647
#define INT32_MIN (-2147483647 - 1)
#define UINT32_MAX 4294967295u
#define INT64_MAX 9223372036854775807ll
#define INT64_MIN (-9223372036854775807ll - 1)
#define UINT64_MAX 18446744073709551615ull
#define CHAR_BIT 8
#define CHAR_MAX 127
#define SCHAR_MAX 127
#define UCHAR_MAX 255
#define SHRT_MAX 32767
#define SHRT_MIN (-32768)
#define USHRT_MAX 65535
#define INT_MAX 2147483647
#define INT_MIN (-2147483647 - 1)
#define UINT_MAX 4294967295u
#define LONG_MAX 9223372036854775807l
#define LONG_MIN (-9223372036854775807l - 1)
#define ULONG_MAX 18446744073709551615ul
#define LLONG_MAX 9223372036854775807ll
#define LLONG_MIN (-9223372036854775807ll - 1)
#define ULLONG_MAX 18446744073709551615ull
#define SIZE_MAX 18446744073709551615ul
#define SSIZE_MAX 9223372036854775807l
#define UINTPTR_MAX 18446744073709551615ul
#define PHYS_ADDR_MAX 18446744073709551615ull
#define U8_MAX 255
#define S8_MAX 127
#define S8_MIN (-128)
#define U16_MAX 65535
#define S16_MAX 32767
#define S16_MIN (-32768)
#define U32_MAX 4294967295u
#define U32_MIN 0u
#define S32_MAX 2147483647
#define S32_MIN (-2147483647 - 1)
#define U64_MAX 18446744073709551615ull
#define S64_MAX 9223372036854775807ll
#define S64_MIN (-9223372036854775807ll - 1)

#define PRIu8 "u"
#define PRIu16 "u"
#define PRIu32 "u"
#define PRIu64 "llu"
#define PRId32 "d"
#define PRId64 "lld"
#define PRIx32 "x"
#define PRIx64 "llx"
