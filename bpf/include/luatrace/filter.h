/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * Whose events a tool shows: what --pid, --tid, --uid, --comm, --cgroup and --container asked for, and not
 * luatrace's own unless --pid or --tid is given. A tool that includes this says `filters = { ... }`; luatrace fills the
 * constants in before the text is loaded, so that the kernel takes out what is not wanted.
 */
#ifndef __LT_FILTER_H
#define __LT_FILTER_H

const volatile u32 lt_filter_pid, lt_filter_tid;	/* 0: any */
const volatile u32 lt_filter_own = -1;			/* luatrace's process, that is left out; -1: none is */
const volatile s64 lt_filter_uid = -1;			/* -1: any */
const volatile char lt_filter_comm[TASK_COMM_LEN];	/* "": any */
const volatile bool lt_filter_cgroup;			/* only what is in it or below */
BPF_CGROUP_ARRAY(lt_filter_cgroups, 1);

/* Whether events of a process, a thread, a name are wanted, for those of others than the current task. */
static __always_inline bool wanted_pid(u32 tgid)
{
	return lt_filter_pid ? tgid == lt_filter_pid : tgid != lt_filter_own;
}

static __always_inline bool wanted_tid(u32 tid)
{
	return !lt_filter_tid || tid == lt_filter_tid;
}

static __always_inline bool wanted_comm(const char *comm)
{
	if (!lt_filter_comm[0])
		return true;
#pragma unroll
	for (int i = 0; i < TASK_COMM_LEN; i++) {
		if (comm[i] != lt_filter_comm[i])
			return false;
		if (!comm[i])
			break;
	}
	return true;
}

/* Whether events of the current task are wanted. */
static __always_inline bool wanted(void)
{
	u64 id = bpf_get_current_pid_tgid();

	if (!wanted_pid(id >> 32) || !wanted_tid((u32)id))
		return false;
	if (lt_filter_uid >= 0 && (u32)bpf_get_current_uid_gid() != (u32)lt_filter_uid)
		return false;
	if (lt_filter_comm[0]) {
		char comm[TASK_COMM_LEN];

		bpf_get_current_comm(comm, sizeof(comm));
		if (!wanted_comm(comm))
			return false;
	}
	return !lt_filter_cgroup || lt_filter_cgroups.check_current_task(0) == 1;
}

#endif
