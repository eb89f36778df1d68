-- SPDX-License-Identifier: MIT
-- The guest preempts everywhere: without that the other cases here prove nothing.
local t = require "tap"
local sh = require "sh"

t.like(sh.read("/sys/kernel/debug/sched/preempt"), "%(full%)", "preempt=full")
t.done()
