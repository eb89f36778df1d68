/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Units and clocks. HZ is the kernel's own, from its configuration. */
#define MSEC_PER_SEC 1000L
#define USEC_PER_MSEC 1000L
#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define USEC_PER_SEC 1000000L
#define NSEC_PER_SEC 1000000000L
#define PSEC_PER_NSEC 1000L
#define PSEC_PER_SEC 1000000000000LL
#define FSEC_PER_SEC 1000000000000000LL
#define MSEC_PER_MIN 60000L
#define TICK_NSEC ((NSEC_PER_SEC + HZ / 2) / HZ)
#define TICK_USEC ((USEC_PER_SEC + HZ / 2) / HZ)
#define INITIAL_JIFFIES ((unsigned long)(unsigned int)(-300 * HZ))
#define jiffies ((unsigned long)bpf_jiffies64())
#define jiffies_64 ((u64)bpf_jiffies64())
#define get_jiffies_64() ((u64)bpf_jiffies64())
#define MAX_JIFFY_OFFSET ((LONG_MAX >> 1) - 1)
#define MAX_SCHEDULE_TIMEOUT LONG_MAX
#define jiffies_to_msecs(j) ((unsigned int)((u64)(j) * 1000 / HZ))
#define jiffies_to_usecs(j) ((unsigned int)((u64)(j) * 1000000 / HZ))
#define jiffies_to_nsecs(j) ((u64)(j) * (NSEC_PER_SEC / HZ))
#define jiffies64_to_nsecs(j) ((u64)(j) * (NSEC_PER_SEC / HZ))
#define jiffies64_to_msecs(j) ((u64)(j) * 1000 / HZ)
#define msecs_to_jiffies(m) ((unsigned long)(((u64)(m) * HZ + 999) / 1000))
#define usecs_to_jiffies(u) ((unsigned long)(((u64)(u) * HZ + 999999) / 1000000))
#define nsecs_to_jiffies(n) ((unsigned long)((u64)(n) / (NSEC_PER_SEC / HZ)))
#define nsecs_to_jiffies64(n) ((u64)(n) / (NSEC_PER_SEC / HZ))
#define secs_to_jiffies(s) ((unsigned long)(s) * HZ)
#define jiffies_to_clock_t(j) ((u64)(j) * USER_HZ / HZ)
#define jiffies_64_to_clock_t(j) ((u64)(j) * USER_HZ / HZ)
#define clock_t_to_jiffies(c) ((u64)(c) * HZ / USER_HZ)
#define nsec_to_clock_t(n) ((u64)(n) / (NSEC_PER_SEC / USER_HZ))
#define CLOCKS_PER_SEC USER_HZ
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
#define time_after64(a, b) ((s64)((b) - (a)) < 0)
#define time_before64(a, b) time_after64(b, a)
#define time_is_before_jiffies(a) time_after(jiffies, a)
#define time_is_after_jiffies(a) time_before(jiffies, a)
#define KTIME_MAX ((s64)~((u64)1 << 63))
#define KTIME_SEC_MAX (KTIME_MAX / NSEC_PER_SEC)
#define TIME64_MAX ((s64)~((u64)1 << 63))
#define ktime_to_ns(kt) ((s64)(kt))
#define ktime_to_us(kt) div_s64(kt, NSEC_PER_USEC)
#define ktime_to_ms(kt) div_s64(kt, NSEC_PER_MSEC)
#define ns_to_ktime(ns) ((s64)(ns))
#define us_to_ktime(us) ((s64)(us) * NSEC_PER_USEC)
#define ms_to_ktime(ms) ((s64)(ms) * NSEC_PER_MSEC)
#define ktime_set(seconds, ns) ((s64)(seconds) * NSEC_PER_SEC + (s64)(ns))
#define ktime_add(a, b) ((a) + (b))
#define ktime_sub(a, b) ((a) - (b))
#define ktime_add_ns(kt, ns) ((kt) + (ns))
#define ktime_sub_ns(kt, ns) ((kt) - (ns))
#define ktime_add_us(kt, us) ((kt) + (us) * NSEC_PER_USEC)
#define ktime_compare(a, b) ((a) < (b) ? -1 : (a) > (b))
#define ktime_after(a, b) ((s64)(a) > (s64)(b))
#define ktime_before(a, b) ((s64)(a) < (s64)(b))
#define ktime_us_delta(later, earlier) ktime_to_us((later) - (earlier))
#define ktime_ms_delta(later, earlier) ktime_to_ms((later) - (earlier))
#define ktime_get_ns() bpf_ktime_get_ns()
#define ktime_get_boottime_ns() bpf_ktime_get_boot_ns()
#define timespec64_to_ns(ts) ((s64)(ts)->tv_sec * NSEC_PER_SEC + (ts)->tv_nsec)
#define timespec_to_ns(ts) ((s64)(ts)->tv_sec * NSEC_PER_SEC + (ts)->tv_nsec)
#define timeval_to_ns(tv) ((s64)(tv)->tv_sec * NSEC_PER_SEC + (tv)->tv_usec * NSEC_PER_USEC)
