/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * Processes whose addresses will be shown: call see_process() where one is current. luatrace reads its maps then, while
 * it lives, so that they have names also when it has ended.
 */
#ifndef __LT_PROCESSES_H
#define __LT_PROCESSES_H

/* A process is told of when it is seen for the first time since it called execve(), and again with more code mapped
 * (the program itself, libraries) than when it was seen last. */
struct lt_image { u64 number, code; };
BPF_TABLE("lru_hash", u32, struct lt_image, lt_images, 4096);
BPF_RINGBUF_OUTPUT(lt_processes, 1);

static __always_inline void see_process(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct lt_image image = { task->self_exec_id, task->mm->exec_vm }, *seen = lt_images.lookup(&pid);

	if (!pid || !image.code || (seen && seen->number == image.number && seen->code >= image.code))
		return;
	lt_images.update(&pid, &image);
	lt_processes.ringbuf_output(&pid, sizeof(pid), BPF_RB_FORCE_WAKEUP);
}

#endif
