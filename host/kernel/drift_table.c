/* SPDX-License-Identifier: MIT
 *
 * What became of members and structs, with the release that did it: only what means the same under both names.
 * Tracing texts are written for one kernel and run on many, so most rows are read both ways.
 */
#include "drift.h"

#define BOTH_WAYS(tag, old, new) { tag, old, new }, { tag, new, old }

const struct alias drift_table[] = {
	BOTH_WAYS("task_struct", "state", "__state"),			/* 5.14 */
	{ "task_struct", "cpu", "thread_info.cpu" },			/* 5.16 */
	BOTH_WAYS("task_struct", "real_start_time", "start_boottime"),	/* 5.5 */
	BOTH_WAYS("task_struct", "cpus_allowed", "cpus_mask"),		/* 5.3 */
	BOTH_WAYS("mm_struct", "mmap_sem", "mmap_lock"),		/* 5.8 */
	BOTH_WAYS("cfs_rq", "nr_running", "nr_queued"),			/* 6.14 */
	BOTH_WAYS("cfs_rq", "h_nr_running", "h_nr_queued"),		/* 6.12 */

	{ "request", "rq_disk", "q->disk" },				/* 5.17 */
	{ "bio", "bi_disk", "bi_bdev->bd_disk" },			/* 5.12 */
	{ "bio", "bi_partno", "bi_bdev->bd_partno" },			/* 5.12, until 6.10 */
	{ "block_device", "bd_inode", "bd_mapping->host" },		/* 6.10 */

	BOTH_WAYS("inode", "i_ctime", "__i_ctime"),			/* 6.6 */
	BOTH_WAYS("inode", "i_mtime", "__i_mtime"),			/* 6.7 */
	BOTH_WAYS("inode", "i_atime", "__i_atime"),
	/* 6.11. Nanoseconds of the ctime hold a flag since 6.13. */
	{ "inode", "i_mtime", "tv_sec=i_mtime_sec,tv_nsec=i_mtime_nsec" },
	{ "inode", "i_atime", "tv_sec=i_atime_sec,tv_nsec=i_atime_nsec" },
	{ "inode", "i_ctime", "tv_sec=i_ctime_sec" },
	{ "inode", "__i_mtime", "tv_sec=i_mtime_sec,tv_nsec=i_mtime_nsec" },
	{ "inode", "__i_atime", "tv_sec=i_atime_sec,tv_nsec=i_atime_nsec" },
	{ "inode", "__i_ctime", "tv_sec=i_ctime_sec" },
	{ "inode", "i_mtime_sec", "i_mtime.tv_sec" },
	{ "inode", "i_atime_sec", "i_atime.tv_sec" },
	{ "inode", "i_ctime_sec", "i_ctime.tv_sec" },
	{ "inode", "i_mtime_sec", "__i_mtime.tv_sec" },
	{ "inode", "i_atime_sec", "__i_atime.tv_sec" },
	{ "inode", "i_ctime_sec", "__i_ctime.tv_sec" },

	{ "dentry", "d_iname", "d_shortname.string" },			/* 6.15 */
	{ "dentry", "d_shortname", "string=d_iname" },
	{ "file", "f_dentry", "f_path.dentry" },			/* 3.19 */
	{ "file", "f_vfsmnt", "f_path.mnt" },
	{ "file_lock", "fl_flags", "c.flc_flags" },			/* 6.9 */
	{ "file_lock", "fl_type", "c.flc_type" },
	{ "file_lock", "fl_pid", "c.flc_pid" },
	{ "file_lock", "fl_owner", "c.flc_owner" },
	{ "file_lock", "fl_file", "c.flc_file" },
	BOTH_WAYS("kernfs_node", "parent", "__parent"),			/* 6.15 */
	BOTH_WAYS("iov_iter", "iov", "__iov"),				/* 6.4 */
	BOTH_WAYS("page", "index", "__folio_index"),			/* 6.16 */

	/* gone in 5.6; on 64-bit machines the layouts are the same */
	{ "timespec", 0, "timespec64" },
	{ "timeval", 0, "__kernel_old_timeval" },
	{ 0, 0, 0 },
};
