/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Attributes, hints, barriers, and what the kernel's C has of macros about types and objects. */
#define offsetof(type, member) __builtin_offsetof(type, member)
#define offsetofend(type, member) (__builtin_offsetof(type, member) + sizeof(((type *)0)->member))
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define FIELD_SIZEOF(type, member) sizeof(((type *)0)->member)
#define typeof_member(type, member) typeof(((type *)0)->member)
#if __LT_PORTABLE	/* where members are is known of accesses, and not of offsetof(), which may be wanted as a constant */
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - (unsigned long)&((type *)0)->member))
#else
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - __builtin_offsetof(type, member)))
#endif
#define container_of_const(pointer, type, member) container_of(pointer, type, member)
/* KERNEL_FLAG() where the object is loaded: "___" and what follows is no part of an enumerator's name. */
#define __lt_flag(bit, other, number) ({ enum __lt_##bit { bit##___lt }; enum __lt_other_##bit { other##___other }; \
	bpf_core_enum_value_exists(enum __lt_##bit, bit##___lt) ? 1u << bpf_core_enum_value(enum __lt_##bit, bit##___lt) : \
	bpf_core_enum_value_exists(enum __lt_other_##bit, other##___other) ? 0 : (number); })
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define swap(a, b) do { typeof(a) __lt_swap = (a); (a) = (b); (b) = __lt_swap; } while (0)
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ volatile("" : : : "memory")
#define smp_mb() barrier()
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define mb() barrier()
#define rmb() barrier()
#define wmb() barrier()
#define cpu_relax() barrier()
#define READ_ONCE(x) (*(volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#define ACCESS_ONCE(x) (*(volatile typeof(x) *)&(x))
#define data_race(expression) (expression)
#define smp_load_acquire(pointer) (*(pointer))
#define smp_store_release(pointer, value) (*(pointer) = (value))
#define rcu_dereference(pointer) (pointer)
#define rcu_dereference_raw(pointer) (pointer)
#define rcu_dereference_check(pointer, condition) (pointer)
#define rcu_dereference_protected(pointer, condition) (pointer)
#define rcu_dereference_sched(pointer) (pointer)
#define rcu_dereference_bh(pointer) (pointer)
#define rcu_dereference_rtnl(pointer) (pointer)
#define rtnl_dereference(pointer) (pointer)
#define rcu_access_pointer(pointer) (pointer)
#define rcu_pointer_handoff(pointer) (pointer)
#define unrcu_pointer(pointer) (pointer)
#define rcu_read_lock() do { } while (0)
#define rcu_read_unlock() do { } while (0)
#define memcpy(to, from, size) __builtin_memcpy(to, from, size)
#define memset(to, byte, size) __builtin_memset(to, byte, size)
#define memmove(to, from, size) __builtin_memmove(to, from, size)
#define memcmp(a, b, size) __builtin_memcmp(a, b, size)
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), "BUILD_BUG_ON: " #condition)
#define BUILD_BUG_ON_MSG(condition, message) _Static_assert(!(condition), message)
#define BUILD_BUG_ON_ZERO(condition) ((int)sizeof(struct { int : (-!!(condition)); }))
#define static_assert(condition, ...) _Static_assert(condition, "" __VA_ARGS__)
#define WARN_ON(condition) (!!(condition))
#define WARN_ON_ONCE(condition) (!!(condition))
#define BUG_ON(condition) ((void)(condition))
#define VM_BUG_ON(condition) ((void)(condition))
#define VM_WARN_ON(condition) ((void)(condition))
#define __stringify_1(...) #__VA_ARGS__
#define __stringify(...) __stringify_1(__VA_ARGS__)
#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))
#define __aligned(bytes) __attribute__((aligned(bytes)))
#define __section(name) __attribute__((section(name)))
#define __alias(name) __attribute__((alias(#name)))
#define __printf(format, arguments) __attribute__((format(printf, format, arguments)))
#define __used __attribute__((used))
#define __always_unused __attribute__((unused))
#define __must_check __attribute__((warn_unused_result))
#define __noreturn __attribute__((noreturn))
#define __weak __attribute__((weak))
#define __pure __attribute__((pure))
#define __attribute_const__ __attribute__((const))
#define __cold __attribute__((cold))
#define __hot __attribute__((hot))
#define __deprecated __attribute__((deprecated))
#define __inline__ inline
#define __force_inline inline __attribute__((always_inline))
#define __flatten __attribute__((flatten))
#define __malloc __attribute__((malloc))
#define __packed __attribute__((packed))
#define __randomize_layout
#define __cacheline_aligned
#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp
#define __read_mostly
#define __ro_after_init
#define __init
#define __exit
#define __initdata
#define __must_hold(lock)
#define __acquires(lock)
#define __releases(lock)
#define __bitwise
#define __bitwise__
#define __nocast
#define __safe
#define __private
#define __visible
#define __counted_by(member)
#define asmlinkage
#define notrace
#define noinline __attribute__((__noinline__))
#define noinline_for_stack __attribute__((__noinline__))
#define fallthrough __attribute__((fallthrough))
#define uninitialized_var(x) x
#define OPTIMIZER_HIDE_VAR(x) __asm__("" : "+r"(x))
#define barrier_data(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")
#define unreachable() __builtin_unreachable()
#define THIS_MODULE ((struct module *)0)
#define KBUILD_MODNAME "luatrace"
