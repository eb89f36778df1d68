/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Tasks: their states, flags, priorities, ids and credentials. */
#define TASK_COMM_LEN 16
#define TASK_RUNNING 0x00000000
#define TASK_INTERRUPTIBLE 0x00000001
#define TASK_UNINTERRUPTIBLE 0x00000002
#define __TASK_STOPPED 0x00000004
#define __TASK_TRACED 0x00000008
#define EXIT_DEAD 0x00000010
#define EXIT_ZOMBIE 0x00000020
#define EXIT_TRACE (EXIT_ZOMBIE | EXIT_DEAD)
#define TASK_PARKED 0x00000040
#define TASK_DEAD 0x00000080
#define TASK_WAKEKILL 0x00000100
#define TASK_WAKING 0x00000200
#define TASK_NOLOAD 0x00000400
#define TASK_NEW 0x00000800
#define TASK_RTLOCK_WAIT 0x00001000
#define TASK_FREEZABLE 0x00002000
#define TASK_FROZEN 0x00008000
#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_STOPPED (TASK_WAKEKILL | __TASK_STOPPED)
#define TASK_TRACED __TASK_TRACED
#define TASK_IDLE (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
#define TASK_REPORT (TASK_RUNNING | TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE | __TASK_STOPPED | __TASK_TRACED | \
	EXIT_DEAD | EXIT_ZOMBIE | TASK_PARKED)
#define TASK_REPORT_IDLE (TASK_REPORT + 1)
#define TASK_REPORT_MAX (TASK_REPORT_IDLE << 1)

#define PF_VCPU 0x00000001
#define PF_IDLE 0x00000002
#define PF_EXITING 0x00000004
#define PF_POSTCOREDUMP 0x00000008
#define PF_IO_WORKER 0x00000010
#define PF_WQ_WORKER 0x00000020
#define PF_FORKNOEXEC 0x00000040
#define PF_MCE_PROCESS 0x00000080
#define PF_SUPERPRIV 0x00000100
#define PF_DUMPCORE 0x00000200
#define PF_SIGNALED 0x00000400
#define PF_MEMALLOC 0x00000800
#define PF_NPROC_EXCEEDED 0x00001000
#define PF_USED_MATH 0x00002000
#define PF_USER_WORKER 0x00004000
#define PF_NOFREEZE 0x00008000
#define PF_KSWAPD 0x00020000
#define PF_MEMALLOC_NOFS 0x00040000
#define PF_MEMALLOC_NOIO 0x00080000
#define PF_LOCAL_THROTTLE 0x00100000
#define PF_KTHREAD 0x00200000
#define PF_RANDOMIZE 0x00400000
#define PF_NO_SETAFFINITY 0x04000000
#define PF_MCE_EARLY 0x08000000
#define PF_MEMALLOC_PIN 0x10000000
#define PF_SUSPEND_TASK 0x80000000

#define MAX_NICE 19
#define MIN_NICE -20
#define NICE_WIDTH 40
#define MAX_RT_PRIO 100
#define MAX_DL_PRIO 0
#define MAX_PRIO 140
#define DEFAULT_PRIO 120
#define NICE_TO_PRIO(nice) ((nice) + 120)
#define PRIO_TO_NICE(prio) ((prio) - 120)
#define task_nice(task) ((task)->static_prio - 120)
#define rt_prio(prio) ((prio) < 100)
#define dl_prio(prio) ((prio) < 0)
#define rt_task(task) ((task)->prio < 100)
#define task_has_rt_policy(task) ((task)->policy == 1 || (task)->policy == 2)
#define NICE_0_LOAD (1L << 20)

#define MAX_PID_NS_LEVEL 32
#define PID_MAX_LIMIT (4 * 1024 * 1024)
#define PIDNS_ADDING (1U << 31)
#define current ((struct task_struct *)bpf_get_current_task())
#define get_current() ((struct task_struct *)bpf_get_current_task())
#define smp_processor_id() bpf_get_smp_processor_id()
#define raw_smp_processor_id() bpf_get_smp_processor_id()
#define task_pid_nr(task) ((task)->pid)
#define task_tgid_nr(task) ((task)->tgid)
#define task_ppid_nr(task) ((task)->real_parent->tgid)
#define thread_group_leader(task) ((task)->exit_signal >= 0)
#define same_thread_group(a, b) ((a)->signal == (b)->signal)
#define is_global_init(task) ((task)->tgid == 1)
#define is_idle_task(task) (!!((task)->flags & PF_IDLE))
#define task_stack_page(task) ((task)->stack)
#define task_thread_info(task) (&(task)->thread_info)
#if KERNEL_HAS(thread_info, cpu)
#define task_cpu(task) ((unsigned int)(task)->thread_info.cpu)
#else
#define task_cpu(task) ((unsigned int)(task)->cpu)
#endif
#if KERNEL_HAS(task_struct, __state)
#define task_is_running(task) ((task)->__state == 0)
#else
#define task_is_running(task) ((task)->state == 0)
#endif
#define task_pid(task) ((task)->thread_pid)
#define task_tgid(task) ((task)->signal->pids[1])
#define pid_nr(pid_struct) ((pid_struct)->numbers[0].nr)
#define ns_of_pid(pid_struct) ({ struct pid *__lt_nop = (pid_struct); __lt_nop->numbers[__lt_nop->level].ns; })
#define task_active_pid_ns(task) ns_of_pid(task_pid(task))
#define task_nsproxy(task) ((task)->nsproxy)
#define task_css(task, id) ((task)->cgroups->subsys[id])
#define task_dfl_cgroup(task) ((task)->cgroups->dfl_cgrp)
#define cgroup_id(cgroup) ((cgroup)->kn->id)
#define current_cred() (((struct task_struct *)bpf_get_current_task())->cred)
#define current_uid() (current_cred()->uid)
#define current_euid() (current_cred()->euid)
#define current_gid() (current_cred()->gid)
#define current_user_ns() (current_cred()->user_ns)
#define __task_cred(task) ((task)->real_cred)
#define task_uid(task) ((task)->real_cred->uid)
#define task_euid(task) ((task)->real_cred->euid)
#define __kuid_val(kuid) ((kuid).val)
#define __kgid_val(kgid) ((kgid).val)
#define uid_eq(a, b) ((a).val == (b).val)
#define gid_eq(a, b) ((a).val == (b).val)
#define GLOBAL_ROOT_UID ((kuid_t){ 0 })
#define GLOBAL_ROOT_GID ((kgid_t){ 0 })
#define cpumask_bits(mask) ((mask)->bits)
#define cpumask_test_cpu(cpu, mask) ((mask)->bits[(cpu) / 64] >> ((cpu) % 64) & 1)
#define NR_CPUS CONFIG_NR_CPUS
#define CAP_OPT_NONE 0
#define CAP_OPT_NOAUDIT 2
#define CAP_OPT_INSETID 4
#if __LT_PORTABLE	/* the same bits, of two numbers until 6.3, and of one since */
#define cap_raised(caps, flag) (((const u32 *)&(caps))[(flag) / 32] >> ((flag) % 32) & 1)
#elif KERNEL_HAS(kernel_cap_struct)
#define cap_raised(caps, flag) ((caps).cap[(flag) / 32] >> ((flag) % 32) & 1)
#else
#define cap_raised(caps, flag) ((caps).val >> (flag) & 1)
#endif

#define _NSIG 64
#define sigmask(signal) (1ul << ((signal) - 1))
#define sigismember(set, signal) ((set)->sig[0] >> ((signal) - 1) & 1)
#define SIGNAL_STOP_STOPPED 0x00000001
#define SIGNAL_STOP_CONTINUED 0x00000002
#define SIGNAL_GROUP_EXIT 0x00000004
#define SIGNAL_UNKILLABLE 0x00000040
#if __x86_64__
#define THREAD_SIZE 16384
#define task_pt_regs(task) ((struct pt_regs *)((char *)(task)->stack + THREAD_SIZE) - 1)
#define TASK_SIZE_MAX ((1ul << 47) - PAGE_SIZE)
#endif
