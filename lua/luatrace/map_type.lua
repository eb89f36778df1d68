-- SPDX-License-Identifier: MIT
-- What each type of map can do from user space, and what to do instead of what it cannot.
local M = {}

---@class luatrace.MapType
---@field name string as BPF_TABLE has it
---@field percpu boolean? a value for each CPU
---@field indexed boolean? its keys are numbers from 0 to its size
---@field array boolean? all its entries are always there
---@field output "perf"|"ring"|nil records are read from it, not values
---@field queue boolean? no keys: push, pop, peek
---@field prefixes boolean? its keys are prefixes of addresses
---@field stacks boolean? a value is the addresses of a stack
---@field sockets boolean?
---@field cgroups boolean?
---@field maps boolean? its values are maps
---@field descriptors boolean? its values are written as descriptors
---@field blind_delete boolean? the kernel does not say whether there was something to delete
---@field walked boolean? a program can copy all of it (hash_walk.lua)
---@field minds string? what the kernel may mind when an entry is written
---@field no_read string? why t[k] gives no value, and what to do
---@field no_write string?
---@field no_delete string?
---@field no_list string? why its entries cannot be enumerated

local ARRAY = "its entries are always there and cannot be deleted: set them to zero, or t:clear()"
local LIKE_INNER = "a map there is like the inner map that the text names: type, flags, sizes of key and value, "
	.. "and of an array the number of entries"
local OWNERS = "its entries cannot be enumerated: ask for one by its owner's descriptor, t[fd], or let a BPF_ITER "
	.. "program go through them"
local UNREADABLE = "the kernel does not tell what it holds"
local SOCKETS = "it holds descriptors of connected sockets"
local OF_CGROUP = "a value goes when its cgroup goes: set it to zero"
local ATTACHED = "a value is there once a program that uses the map is attached to the cgroup"
local OTHER = "luatrace does not read or write maps of this type, only programs do"

local function storage(name, key)
	return { name = name, no_list = OWNERS, minds = "its keys are descriptors, of " .. key }
end

-- By enum bpf_map_type.
local TYPES = {
	[1] = { name = "hash", walked = true },
	[2] = { name = "array", indexed = true, array = true, no_delete = ARRAY },
	[3] = { name = "prog", indexed = true, descriptors = true,
		minds = "its programs are all of one kind, which the first that is put there, or calls it, decides" },
	[4] = { name = "perf_output", output = "perf" },
	[5] = { name = "percpu_hash", percpu = true },
	[6] = { name = "percpu_array", percpu = true, indexed = true, array = true, no_delete = ARRAY },
	[7] = { name = "stacktrace", stacks = true, no_write = "its stacks are what get_stackid() puts there" },
	[8] = { name = "cgroup_array", indexed = true, descriptors = true, cgroups = true, no_read = UNREADABLE,
		no_list = UNREADABLE, minds = "it holds directories of a cgroup2 file system, by path or descriptor" },
	[9] = { name = "lru_hash", walked = true },
	[10] = { name = "lru_percpu_hash", percpu = true },
	[11] = { name = "lpm_trie", prefixes = true },
	[12] = { name = "array_of_maps", indexed = true, descriptors = true, maps = true, minds = LIKE_INNER },
	[13] = { name = "hash_of_maps", descriptors = true, maps = true, minds = LIKE_INNER },
	[14] = { name = "devmap", indexed = true, blind_delete = true, minds = "it holds indexes of network interfaces" },
	[15] = { name = "sockmap", indexed = true, descriptors = true, sockets = true, minds = SOCKETS },
	[16] = { name = "cpumap", indexed = true, blind_delete = true,
		minds = "the key is a CPU, the value the length of its queue, 1 to 16384" },
	[17] = { name = "xskmap", indexed = true, descriptors = true, no_read = UNREADABLE, no_list = UNREADABLE,
		minds = "it holds descriptors of bound AF_XDP sockets" },
	[18] = { name = "sockhash", descriptors = true, sockets = true, minds = SOCKETS },
	[19] = { name = "cgroup_storage", no_delete = OF_CGROUP, minds = ATTACHED },
	[21] = { name = "percpu_cgroup_storage", percpu = true, no_delete = OF_CGROUP, minds = ATTACHED },
	[22] = { name = "queue", queue = true },
	[23] = { name = "stack", queue = true },
	[24] = storage("sk_storage", "a socket"),
	[25] = { name = "devmap_hash", minds = "it holds indexes of network interfaces" },
	[27] = { name = "ringbuf", output = "ring" },
	[28] = storage("inode_storage", "an open file"),
	[29] = storage("task_storage", "a task (a pidfd)"),
	[32] = storage("cgrp_storage", "a cgroup's directory"),
}

---@param number integer enum bpf_map_type
---@return luatrace.MapType
function M.of(number)
	return TYPES[number] or { name = "type " .. number, no_read = OTHER, no_write = OTHER,
		no_delete = OTHER, no_list = OTHER }
end

return M
