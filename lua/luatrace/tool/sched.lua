-- SPDX-License-Identifier: MIT
-- Options of tools that show how long tasks are off their CPUs; <luatrace/sched.h> has what they set.
local M = {}

M.MIN_BLOCK = { "min-block", "m", type = "integer", min = 0, default = 1, metavar = "MICROSECONDS",
	help = "only times at least so long", sets = "lt_min_block", times = 1000 }
M.MAX_BLOCK = { "max-block", "M", type = "integer", min = 1, metavar = "MICROSECONDS",
	help = "only times at most so long", sets = "lt_max_block", times = 1000 }
M.USER_THREADS = { "user-threads", help = "only threads of processes", sets = "lt_user_only" }
M.KERNEL_THREADS = { "kernel-threads", "k", help = "only the kernel's own threads", sets = "lt_kernel_only" }

return M
